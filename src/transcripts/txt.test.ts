import { describe, expect, it } from 'vitest';
import { transcriptOf } from './transcript.fixture.ts';
import { printTxt } from './txt.ts';

describe('printTxt', () => {
  it('joins words by spaces, attaches marks and ends with one newline', () => {
    expect(printTxt(transcriptOf('Well , hello there . Really ? !'))).toBe('Well, hello there. Really?!\n');
  });

  it('joins words without a delimiter where the language has none', () => {
    expect(printTxt(transcriptOf('你 好 。 再 见', { wordDelimiter: '' }))).toBe('你好。再见\n');
  });

  it('names no speaker', () => {
    expect(printTxt(transcriptOf('hello'))).not.toMatch(/SPEAKER|UU/);
  });

  it('is empty without words', () => {
    expect(printTxt(transcriptOf(''))).toBe('');
    expect(printTxt(transcriptOf('.'))).toBe('');
  });

  it('drops a mark that no word precedes', () => {
    expect(printTxt(transcriptOf(', so'))).toBe('so\n');
  });
});
