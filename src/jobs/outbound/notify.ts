import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../db/database.ts';
import type { Sealer } from '../../identity/secrets/pepper.ts';
import { parseHeaders } from '../../net/headers.ts';
import type { Outbound } from '../../net/outbound.ts';
import { OutboundError, OutboundStatus } from '../../net/outbound-error.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Job } from '../job.ts';
import { JOB_COLUMNS, jobOfRow } from '../job-row.ts';
import { maskHeaders, openHeaders } from './auth-headers.ts';
import { callbackBody } from './callback-body.ts';
import { type Call, removeCall } from './calls.ts';
import { addErrors, type CallHandler } from './make-calls.ts';

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  readonly clock: Clock;
  readonly http: Outbound;
  readonly sealer: Sealer;
}

const IDLE_LIMIT_MS = 30_000;
/** A minute, and a second for each half megabyte that is sent. */
const totalLimitMs = (sizeBytes: number): number => 60_000 + sizeBytes / 500;

/** Tells the URLs of a config that the job has ended. A callback that fails changes nothing but the job's errors. */
export function createNotify({ database, store, clock, http, sealer }: Deps): CallHandler {
  const { sql } = database;
  return {
    kind: 'notify',
    async attempt(call, signal) {
      const job = await findEnded(database, call);
      const entry = job?.config?.notification_config?.[call.entry];
      if (job?.config && entry) {
        const body = await callbackBody(
          store,
          { ...job, config: maskHeaders(job.config, sealer) },
          entry.contents,
        );
        const request = {
          url: callbackUrl(entry.url, call),
          method: entry.method === 'put' ? ('PUT' as const) : ('POST' as const),
          headers: parseHeaders(openHeaders(entry.auth_headers, sealer)),
          body,
        };
        await http.send(request, { totalMs: totalLimitMs(body.sizeBytes), idleMs: IDLE_LIMIT_MS }, signal);
      }
      await removeCall(sql, call);
    },
    sentences: ({ entry }, error, isLast) => {
      const sentence = `Error in sending notification: notification_config.${entry}. ${reasonOf(error)}`;
      return isLast ? [sentence, 'Sending notification failed'] : [`${sentence}, retrying`];
    },
    giveUp: (tx, call, sentences) => addErrors(tx, call, sentences, clock),
  };
}

/** The query that is there stays as it is spelt. */
function callbackUrl(text: string, { jobId, outcome }: Pick<Call, 'jobId' | 'outcome'>): string {
  const url = new URL(text);
  url.search = `${url.search}${url.search === '' ? '' : '&'}id=${jobId}&status=${outcome}`;
  return url.href;
}

function reasonOf(error: Error): string {
  if (error instanceof OutboundStatus) return `Response status: ${error.status}`;
  return `No response: ${error instanceof OutboundError ? error.message : 'a fault of the server'}`;
}

async function findEnded({ sql }: Database, { environment, jobId }: Call): Promise<Job | undefined> {
  const row = await sql
    .selectFrom('jobs')
    .select(JOB_COLUMNS)
    .where('environment', '=', environment)
    .where('job_id', '=', jobId)
    .where('status', 'in', ['done', 'rejected'])
    .executeTakeFirst();
  return row && jobOfRow(row);
}
