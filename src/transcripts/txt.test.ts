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

  it('names no speaker where none was told apart', () => {
    expect(printTxt(transcriptOf('hello'))).not.toMatch(/SPEAKER|UU/);
    expect(printTxt(transcriptOf('hello', { speakers: ['UU'] }))).toBe('hello\n');
  });

  it('puts the speaker above each turn', () => {
    const speakers = ['S1', 'S1', 'S2', 'S1'];
    expect(printTxt(transcriptOf('Hello there . Hi . Well', { speakers }))).toBe(
      'SPEAKER: S1\nHello there.\nSPEAKER: S2\nHi.\nSPEAKER: S1\nWell\n',
    );
  });

  it('puts the channel before each turn', () => {
    const channels = ['Agent', 'Agent', 'Caller'];
    expect(printTxt(transcriptOf('Hello there . Hi .', { channels }))).toBe(
      'Agent: Hello there.\nCaller: Hi.\n',
    );
  });

  it('lets channels that speak at once finish their sentences', () => {
    const both = transcriptOf('One four two . five . Three', {
      channels: ['Agent', 'Caller', 'Agent', 'Caller', 'Agent'],
    });
    expect(printTxt(both)).toBe('Agent: One two.\nCaller: four five.\nAgent: Three\n');
  });

  it('is empty without words', () => {
    expect(printTxt(transcriptOf(''))).toBe('');
    expect(printTxt(transcriptOf('.'))).toBe('');
  });

  it('drops a mark that no word precedes', () => {
    expect(printTxt(transcriptOf(', so'))).toBe('so\n');
  });
});
