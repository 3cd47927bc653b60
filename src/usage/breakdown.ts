import { sql as raw } from 'kysely';
import type { Sql } from '../db/database.ts';
import type { Period } from './report.ts';

/** What usage can be told apart by, beside the day. */
export const DIMENSIONS = ['day', 'product', 'model', 'language', 'project', 'key', 'client_ref'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface UsageRow {
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string;
  /** Id or name in the dimension; empty for `day`, and for what had no client_ref. */
  readonly value: string;
  /** As people call it: the name of a project or key. */
  readonly label: string;
  readonly count: number;
  readonly audioSeconds: number;
}

export interface UsageBreakdowns {
  /** What a workspace transcribed, in all environments, per day and value of the dimension, today included. */
  breakdown(workspaceId: string, period: Period, by: Dimension): Promise<UsageRow[]>;
}

const VALUE: Readonly<Record<Dimension, string>> = {
  day: `''`,
  product: 'u.mode',
  model: 'u.operating_point',
  language: 'u.language',
  project: 'u.project_id::text',
  key: 'u.api_key_id',
  client_ref: 'u.client_ref',
};

const LABEL: Partial<Readonly<Record<Dimension, string>>> = {
  project: '(select p.name from projects p where p.project_id::text = value)',
  key: `(select case when k.account_id is null then k.name
    else 'Portal: ' || coalesce((select email from accounts a where a.id = k.account_id), 'deleted account') end
    from api_keys k where k.api_key_id = value)`,
};

export const createUsageBreakdowns = ({ sql }: { sql: Sql }): UsageBreakdowns => ({
  async breakdown(workspaceId, { since, until }, by) {
    const { rows } = await raw<UsageRow>`
      select day, value, coalesce(${raw.raw(LABEL[by] ?? 'value')}, value) as label, count, "audioSeconds"
      from (
        select to_char(u.day, 'YYYY-MM-DD') as day, ${raw.raw(VALUE[by])} as value,
          sum(u.count)::double precision as count, sum(u.audio_seconds) as "audioSeconds"
        from usage_daily u
        where u.workspace_id = ${workspaceId} and u.day between ${since}::date and ${until}::date
        group by 1, 2
      ) sums
      order by day, value`.execute(sql);
    return rows;
  },
});
