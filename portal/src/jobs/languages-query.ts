import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { languageName } from './job.ts';

export interface Language {
  readonly code: string;
  readonly name: string;
}

/** As the feature discovery of the Jobs API has it. */
interface Features {
  readonly metadata?: {
    readonly language_pack_info?: Readonly<Record<string, { readonly language_description?: string }>>;
  };
  readonly batch?: { readonly transcription?: readonly { readonly languages?: readonly string[] }[] };
}

/** The languages that a recording can be transcribed in here, by name. */
export const languagesQuery = queryOptions({
  queryKey: ['features', 'batch'],
  queryFn: async ({ signal }): Promise<readonly Language[]> => {
    const features = (await answerOf(api.GET('/v1/discovery/features', { signal }))) as Features;
    const codes = new Set(features.batch?.transcription?.flatMap(({ languages = [] }) => languages));
    const described = features.metadata?.language_pack_info ?? {};
    return [...codes]
      .map((code) => ({ code, name: described[code]?.language_description ?? languageName(code) }))
      .sort((one, other) => one.name.localeCompare(other.name));
  },
  staleTime: 300_000,
});
