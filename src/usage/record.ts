import { sql as raw } from 'kysely';
import type { Sql } from '../db/database.ts';

/** One recording that was transcribed to its end. */
export interface Usage {
  readonly environment: string;
  readonly workspaceId: string;
  readonly projectId: number;
  readonly apiKeyId: string;
  readonly clientRef: string | null;
  readonly mode: 'batch' | 'real-time';
  readonly type: 'transcription' | 'alignment';
  readonly language: string;
  readonly operatingPoint: string;
  readonly audioSeconds: number;
}

/** The current day as usage is counted: UTC, by the database's clock. */
export const today = raw<Date>`(now() at time zone 'utc')::date`;

/** Counts a recording under the current day, in the transaction that ends it: it is counted if and only if it ended. */
export async function recordUsage(tx: Sql, usage: Usage): Promise<void> {
  await tx
    .insertInto('usage_daily')
    .values({
      environment: usage.environment,
      day: raw<string>`${today}`,
      workspace_id: usage.workspaceId,
      project_id: usage.projectId,
      api_key_id: usage.apiKeyId,
      client_ref: usage.clientRef ?? '',
      mode: usage.mode,
      type: usage.type,
      language: usage.language,
      operating_point: usage.operatingPoint,
      count: 1,
      audio_seconds: usage.audioSeconds,
    })
    .onConflict((conflict) =>
      conflict
        .columns(['environment', 'project_id', 'day', 'api_key_id', 'client_ref'])
        .columns(['mode', 'type', 'language', 'operating_point', 'origin'])
        .doUpdateSet((eb) => ({
          count: eb('usage_daily.count', '+', eb.ref('excluded.count')),
          audio_seconds: eb('usage_daily.audio_seconds', '+', eb.ref('excluded.audio_seconds')),
        })),
    )
    .execute();
}
