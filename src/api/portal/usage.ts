import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Workspaces } from '../../identity/workspaces/workspace.ts';
import { DIMENSIONS, type UsageBreakdowns } from '../../usage/breakdown.ts';
import type { Consumptions } from '../../usage/consumption.ts';
import { parsePeriod } from '../batch/get-usage.ts';
import { workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';

interface Deps {
  readonly usageBreakdowns: UsageBreakdowns;
  readonly consumptions: Consumptions;
  readonly workspaces: Workspaces;
}

const day = (description: string) =>
  Type.Optional(Type.String({ description: `UTC day, YYYY-MM-DD, inclusive. ${description}` }));
const Query = Type.Object({
  since: day('Default: 29 days before `until`.'),
  until: day('Default: today.'),
  by: Type.Optional(Type.Enum([...DIMENSIONS], { description: 'Default day: totals only.' })),
});

const Usage = Type.Object({
  since: Type.String(),
  until: Type.String(),
  rows: Type.Array(
    Type.Object({
      day: Type.String({ description: 'UTC, YYYY-MM-DD.' }),
      value: Type.String({ description: 'Id or name in the dimension; empty by day.' }),
      label: Type.String({ description: 'The name of the project or key; else the value.' }),
      count: Type.Integer({ description: 'Jobs and sessions that were done.' }),
      duration_hrs: Type.Number(),
    }),
  ),
});

const DAYS = 30;
const dayBefore = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);

export const getWorkspaceUsage = ({ usageBreakdowns }: Deps) => ({
  schema: {
    summary: 'What the workspace has transcribed, day by day, today included',
    querystring: Query,
    response: answers({ 200: Usage }),
  },
  async handler(request: FastifyRequest) {
    const { by = 'day', ...days } = request.query as Static<typeof Query>;
    const asked = parsePeriod(days);
    const until = asked.until ?? new Date().toISOString().slice(0, 10);
    const since = asked.since ?? dayBefore(until, DAYS - 1);
    const rows = await usageBreakdowns.breakdown(workspaceId(request), { since, until }, by);
    return {
      since,
      until,
      rows: rows.map(({ audioSeconds, ...row }) => ({ ...row, duration_hrs: audioSeconds / 3_600 })),
    };
  },
});

const NullableNumber = Type.Union([Type.Number(), Type.Null()]);
const Limits = Type.Object({
  monthly_audio_hours: NullableNumber,
  max_running_jobs: NullableNumber,
  max_sessions: NullableNumber,
  environments: Type.Array(
    Type.Object({
      environment: Type.String(),
      audio_hours: Type.Number({ description: 'Accepted this calendar month (UTC).' }),
      unfinished_jobs: Type.Integer(),
      sessions: Type.Integer(),
    }),
    { description: 'Where the workspace has anything; each limit holds in each environment.' },
  ),
});

export const getLimits = ({ consumptions, workspaces }: Deps) => ({
  schema: {
    summary: 'The limits of the workspace and how much of them is used',
    response: answers({ 200: Limits }),
  },
  async handler(request: FastifyRequest) {
    const own = workspaceId(request);
    const terms = await workspaces.find(own);
    return {
      monthly_audio_hours: terms.monthlyAudioHours,
      max_running_jobs: terms.maxRunningJobs,
      max_sessions: terms.maxSessions,
      environments: (await consumptions.of(own)).map((one) => ({
        environment: one.environment,
        audio_hours: one.audioSeconds / 3_600,
        unfinished_jobs: one.runningJobs + one.waitingJobs,
        sessions: one.sessions,
      })),
    };
  },
});
