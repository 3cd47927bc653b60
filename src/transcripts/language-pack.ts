import type { JsonV2Input } from './json-v2.ts';

const WITHOUT_SPACES = new Set(['ja', 'cmn', 'yue', 'th']);
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ug', 'ur']);
const names = new Intl.DisplayNames(['en'], { type: 'language' });

/** How words of a language (ISO 639 code) are written next to each other. */
export function languagePack(language: string): JsonV2Input['languagePack'] {
  return {
    languageDescription: names.of(language) ?? language,
    wordDelimiter: WITHOUT_SPACES.has(language) ? '' : ' ',
    writingDirection: RIGHT_TO_LEFT.has(language) ? 'right-to-left' : 'left-to-right',
  };
}
