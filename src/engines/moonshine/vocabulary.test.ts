import tokenizer from 'llama-tokenizer-js';
import { expect, it } from 'vitest';
import { tokenTexts } from './vocabulary.ts';

const encode = (text: string) => tokenizer.encode(text, false);

it.each(['It was a dark and stormy night.', 'naïve café', 'emoji 🦔 and 漢字 𓀀'])('spells "%s"', (text) => {
  const texts = tokenTexts(encode(text));
  expect(texts.join('')).toBe(` ${text}`);
});

it('puts letters of several bytes on the last of their tokens', () => {
  const texts = tokenTexts(encode('🦔'));
  expect(texts.at(-1)).toBe('🦔');
  expect(texts.slice(1, -1).join('')).toBe('');
});

it('has no text for control tokens and ids past the vocabulary', () => {
  expect(tokenTexts([0, 1, 2, 32_000, 32_767])).toEqual(['', '', '', '', '']);
});
