import { Type } from 'typebox';
import { languagePack } from '../../transcripts/language-pack.ts';
import { answers } from '../responses.ts';

/** What can be asked for, as `getFeatureDiscovery` of the official client reads it. */
export const getFeatures = ({ languages }: { languages: readonly string[] }) => {
  const described = languages.map((code) => [code, languagePack(code).languageDescription]);
  const transcription = [{ version: 'latest', languages, locales: {}, domains: {} }];
  const features = {
    metadata: {
      language_pack_info: Object.fromEntries(
        described.map(([code, name]) => [code, { language_description: name, locales: {} }]),
      ),
    },
    batch: {
      transcription,
      translation: [],
      // The documentation and the official client's types spell it differently.
      languageid: [],
      languageId: [],
    },
    realtime: { transcription, translation: [] },
  };
  return {
    schema: { summary: 'Languages and features on offer', response: answers({ 200: Type.Any() }) },
    handler: async () => features,
  };
};
