import { expect, it } from 'vitest';
import { languagePack } from './language-pack.ts';

it.each([
  ['en', 'English', ' '],
  ['cmn', 'Chinese', ''],
  ['cmn_en', 'Chinese and English', ' '],
  ['es-bilingual-en', 'es-bilingual-en', ' '],
])('%s is described as %s', (code, languageDescription, wordDelimiter) => {
  expect(languagePack(code)).toMatchObject({ languageDescription, wordDelimiter });
});
