import type { FeatureResponse } from '@speechmatics/real-time-client-react';
import { queryOptions } from '@tanstack/react-query';
import { answerOf, api } from '../../api/client.ts';

export interface Language {
  readonly code: string;
  readonly name: string;
}

/** The languages that the server hears in real time. */
export const languagesQuery = queryOptions({
  queryKey: ['features', 'realtime'],
  queryFn: async ({ signal }): Promise<readonly Language[]> => {
    const features = await answerOf(api.GET('/v1/discovery/features', { signal }));
    return languagesOf(features as FeatureResponse);
  },
  staleTime: 5 * 60_000,
});

function languagesOf({ metadata, realtime }: FeatureResponse): readonly Language[] {
  const codes = realtime.transcription[0]?.languages ?? [];
  const named = codes.map((code) => ({
    code,
    name: metadata.language_pack_info[code]?.language_description ?? code,
  }));
  return named.sort((one, other) => one.name.localeCompare(other.name, 'en'));
}
