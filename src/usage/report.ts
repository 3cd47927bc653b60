import { sql as raw } from 'kysely';
import type { Sql } from '../db/database.ts';
import { today } from './record.ts';

export interface UsageScope {
  readonly environment: string;
  readonly projectId: number;
}

/** UTC days as `YYYY-MM-DD`, both inclusive. */
export interface Period {
  readonly since: string;
  readonly until: string;
}

/** What was transcribed of jobs in one language with one model. */
export interface UsageDetail {
  readonly mode: string;
  readonly type: string;
  readonly language: string;
  readonly operatingPoint: string;
  readonly count: number;
  readonly audioSeconds: number;
}

export interface UsageReport extends Period {
  readonly details: readonly UsageDetail[];
}

export interface UsageReports {
  /**
   * The jobs that a project had done in a period (sessions are not the batch API's), without the current day, which is not over. The period starts by default
   * on the first day with usage and ends by default on the day before the current one.
   */
  report(scope: UsageScope, asked: Partial<Period>): Promise<UsageReport>;
}

export function createUsageReports({ sql }: { sql: Sql }): UsageReports {
  const finishedDays = ({ environment, projectId }: UsageScope) =>
    sql
      .selectFrom('usage_daily')
      .where('mode', '=', 'batch')
      .where('environment', '=', environment)
      .where('project_id', '=', projectId)
      .where('day', '<', today);

  async function periodOf(scope: UsageScope, { since, until }: Partial<Period>): Promise<Period> {
    const known = await finishedDays(scope)
      .select(raw<string | null>`to_char(min(day), 'YYYY-MM-DD')`.as('first'))
      .select(raw<string>`to_char(${today} - 1, 'YYYY-MM-DD')`.as('yesterday'))
      .executeTakeFirstOrThrow();
    const first = since ?? known.first;
    const last = until ?? known.yesterday;
    // A default never turns the period round: that would be no period.
    if (first === null || first <= last) return { since: first ?? last, until: last };
    return since === undefined ? { since: last, until: last } : { since, until: since };
  }

  return {
    async report(scope, asked) {
      const period = await periodOf(scope, asked);
      const details = await finishedDays(scope)
        .where('day', '>=', raw<Date>`${period.since}::date`)
        .where('day', '<=', raw<Date>`${period.until}::date`)
        .select(['mode', 'type', 'language', 'operating_point as operatingPoint'])
        .select(raw<number>`sum(count)::double precision`.as('count'))
        .select(raw<number>`sum(audio_seconds)`.as('audioSeconds'))
        .groupBy(['mode', 'type', 'language', 'operating_point'])
        .orderBy('mode')
        .orderBy('type')
        .orderBy('language')
        .orderBy('operating_point')
        .execute();
      return { ...period, details };
    },
  };
}
