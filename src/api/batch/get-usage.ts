import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { UsageDetail, UsageReports } from '../../usage/report.ts';
import { answers } from '../responses.ts';
import { jobScope } from './parameters.ts';

const day = (description: string) =>
  Type.Optional(Type.String({ description: `YYYY-MM-DD. ${description}` }));
const Query = Type.Object({
  since: day('First UTC day, inclusive; default the first with usage.'),
  until: day('Last UTC day, inclusive; default yesterday. The current day is never counted.'),
});

const amounts = {
  count: Type.Integer({ description: 'Jobs that were done.' }),
  duration_hrs: Type.Number({ description: 'Length of their audio in hours.' }),
};
const kind = { mode: Type.String(), type: Type.String() };
const Report = Type.Object({
  since: Type.String({ format: 'date-time' }),
  until: Type.String({ format: 'date-time' }),
  summary: Type.Array(Type.Object({ ...kind, ...amounts })),
  details: Type.Array(
    Type.Object({
      ...kind,
      language: Type.String(),
      operating_point: Type.String(),
      model: Type.String({ description: 'The same as `operating_point`.' }),
      ...amounts,
    }),
  ),
});

export const getUsage = ({ usage }: { usage: UsageReports }) => ({
  schema: {
    summary: 'What the project has transcribed, by day; deleting a job changes nothing',
    querystring: Query,
    response: answers({ 200: Report }),
  },
  async handler(request: FastifyRequest) {
    const query = request.query as Static<typeof Query>;
    const { since, until, details } = await usage.report(jobScope(request), parsePeriod(query));
    return {
      since: `${since}T00:00:00Z`,
      until: `${until}T23:59:59Z`,
      summary: summaryOf(details).map(({ mode, type, ...rest }) => ({ mode, type, ...amountsOf(rest) })),
      details: details.map(({ mode, type, language, operatingPoint, ...rest }) => ({
        mode,
        type,
        language,
        operating_point: operatingPoint,
        model: operatingPoint,
        ...amountsOf(rest),
      })),
    };
  },
});

type Amounts = Pick<UsageDetail, 'count' | 'audioSeconds'>;

const amountsOf = ({ count, audioSeconds }: Amounts) => ({ count, duration_hrs: audioSeconds / 3_600 });

/** Per mode and type, all languages and models together. */
function summaryOf(details: readonly UsageDetail[]): (Pick<UsageDetail, 'mode' | 'type'> & Amounts)[] {
  const sums = new Map<string, Pick<UsageDetail, 'mode' | 'type'> & Amounts>();
  for (const { mode, type, count, audioSeconds } of details) {
    const key = `${mode} ${type}`;
    const sum = sums.get(key) ?? { mode, type, count: 0, audioSeconds: 0 };
    sums.set(key, { ...sum, count: sum.count + count, audioSeconds: sum.audioSeconds + audioSeconds });
  }
  return [...sums.values()];
}

/** The days a caller names, checked. Throws `unprocessable`. */
export function parsePeriod({ since, until }: { since?: string; until?: string }) {
  checkDay('since', since);
  checkDay('until', until);
  if (since !== undefined && until !== undefined && since > until) {
    throw new AppError('unprocessable', {
      detail: `until in query should be greater than or equal to ${since}`,
      wireCode: 609,
    });
  }
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}

/** Days that exist: the 30th of February is none, and neither is any of the year 0. */
function checkDay(name: string, text: string | undefined): void {
  if (text === undefined) return;
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : new Date(Number.NaN);
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) && text >= '0001';
  if (exists) return;
  throw new AppError('unprocessable', { detail: `${name} in query must be of type date`, wireCode: 601 });
}
