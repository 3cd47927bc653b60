import { list, mapOf, object, type Reader, struct, text } from './reader.ts';

/** The types of `@speechmatics/batch-client` for what is on offer; all else of that client is tested by itself. */
const typed = (required: Readonly<Record<string, Reader>>): Reader =>
  struct({ required, others: 'ignored', nulls: 'refused' });

const codes = list(text);

export const discovered: Reader = typed({
  metadata: typed({ language_pack_info: mapOf(typed({ language_description: text, locales: object })) }),
  batch: typed({
    transcription: list(
      typed({ version: text, languages: codes, locales: mapOf(codes), domains: mapOf(codes) }),
    ),
    translation: list(typed({ version: text, languages: mapOf(codes) })),
    languageid: codes,
    languageId: codes,
  }),
});
