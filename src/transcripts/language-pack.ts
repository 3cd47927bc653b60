import type { JsonV2Input } from './json-v2.ts';

const WITHOUT_SPACES = new Set(['ja', 'cmn', 'yue', 'th']);
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ug', 'ur']);
const names = new Intl.DisplayNames(['en'], { type: 'language' });

/** How words of a language (ISO 639 code, or several of them as in `cmn_en`) are written next to each other. */
export function languagePack(language: string): JsonV2Input['languagePack'] {
  return {
    languageDescription: describe(language),
    wordDelimiter: WITHOUT_SPACES.has(language) ? '' : ' ',
    writingDirection: RIGHT_TO_LEFT.has(language) ? 'right-to-left' : 'left-to-right',
  };
}

/** Their names in English; the code itself where it is made of others. */
function describe(language: string): string {
  try {
    return language
      .split('_')
      .map((code) => names.of(code) ?? code)
      .join(' and ');
  } catch {
    return language;
  }
}
