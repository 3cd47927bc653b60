import type { Decoder } from '../../audio/decoder.ts';
import type { Clock } from '../../base/clock.ts';
import type { Database, Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Sealer } from '../../identity/secrets/pepper.ts';
import { parseHeaders } from '../../net/headers.ts';
import type { Outbound } from '../../net/outbound.ts';
import { OutboundError } from '../../net/outbound-error.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { admitFetchedAudio } from '../admission.ts';
import type { JobConfig } from '../config/schema.ts';
import { measureAudio } from '../create.ts';
import { blobKeys, type JobEvents } from '../job.ts';
import { withErrors } from '../job-row.ts';
import { removeIfDeleted } from '../remove.ts';
import { MAX_TEXT_BYTES } from '../text-file.ts';
import { announceJobChange } from '../watch.ts';
import { nextFairRank } from '../worker/fair-rank.ts';
import { openJobLog } from '../worker/job-log.ts';
import type { Queue } from '../worker/queue.ts';
import { openHeaders } from './auth-headers.ts';
import { type Call, FETCHER, type Outcome, queueNotifications, removeCall } from './calls.ts';
import type { CallHandler } from './make-calls.ts';

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  readonly decoder: Decoder;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly http: Outbound;
  readonly sealer: Sealer;
  readonly maxUploadBytes: number;
  readonly events?: JobEvents;
}

const LIMITS = { totalMs: 1_800_000, idleMs: 30_000 };

/**
 * Fetches what a config names in place of an upload, before the job waits for an engine. A job whose row says how long
 * its audio is has it: that is written in one transaction with the ticket of its first run.
 */
export function createFetch(deps: Deps): CallHandler {
  const { database, store, clock } = deps;

  async function reject(tx: Sql, call: Call, message: string, outcome: Outcome): Promise<void> {
    const error = { timestamp: new Date(clock.now()).toISOString(), message };
    const row = await unfetched(tx, call)
      .set({
        status: 'rejected',
        errors: withErrors([error]),
        lease_owner: null,
        finished_at: new Date(clock.now()),
      })
      .returning(['config', 'store_id'])
      .executeTakeFirst();
    if (!row) return;
    await queueNotifications(tx, { ...call, storeId: row.store_id }, row.config as JobConfig, outcome);
    await announceJobChange(tx, call.jobId);
    deps.events?.ended('rejected', 0);
  }

  return {
    kind: 'fetch',
    async attempt(call, signal) {
      const config = await configOf(database.sql, call);
      if (!config) return void (await removeCall(database.sql, call));
      const log = await openJobLog(store, blobKeys(call.environment, call.jobId).log, clock);
      try {
        log.note(`fetching, attempt ${call.attempt}`);
        const fetched = await fetchFiles(deps, call, config, signal);
        log.note(fetched ? `fetched ${fetched.sizeBytes} bytes of audio` : 'fetched the text');
        await log.stored();
        await database.sql.transaction().execute((tx) => hand(deps, tx, call, fetched));
      } catch (error) {
        if (error instanceof OutboundError || error instanceof AppError) log.note(error.message);
        await log.stored();
        if (!(error instanceof AppError)) throw error;
        await database.sql.transaction().execute(async (tx) => {
          if (await removeCall(tx, call)) await reject(tx, call, error.message, 'error');
        });
      } finally {
        await removeIfDeleted(database, store, call);
      }
    },
    sentences: (_, error) => [
      error instanceof OutboundError ? error.message : 'unable to fetch audio: a fault of the server',
    ],
    giveUp: (tx, call, [message = '']) => reject(tx, call, message, 'fetch_error'),
  };
}

const unfetched = (tx: Sql, { environment, jobId }: Call) =>
  tx
    .updateTable('jobs')
    .where('environment', '=', environment)
    .where('job_id', '=', jobId)
    .where('status', '=', 'running')
    .where('lease_owner', '=', FETCHER);

/** Absent once the job is deleted. */
async function configOf(sql: Sql, { environment, jobId }: Call): Promise<JobConfig | undefined> {
  const row = await sql
    .selectFrom('jobs')
    .select('config')
    .where('environment', '=', environment)
    .where('job_id', '=', jobId)
    .executeTakeFirst();
  return (row?.config ?? undefined) as JobConfig | undefined;
}

/** Audio that is in the storage. Without: the job came with audio of its own. */
interface Fetched {
  readonly sizeBytes: number;
  readonly durationSeconds: number;
}

async function fetchFiles(
  deps: Deps,
  { environment, jobId }: Call,
  config: JobConfig,
  signal: AbortSignal,
): Promise<Fetched | undefined> {
  const { fetch_data, fetch_text } = config;
  const keys = blobKeys(environment, jobId);
  if (fetch_text) {
    await store(deps, { ...fetch_text, what: 'text', key: keys.text, maxBytes: MAX_TEXT_BYTES }, signal);
  }
  if (!fetch_data) return undefined;
  const audio = { ...fetch_data, what: 'audio', key: keys.audio, maxBytes: deps.maxUploadBytes };
  const sizeBytes = await store(deps, audio, signal);
  return {
    sizeBytes,
    durationSeconds: await measureAudio(deps, { environment, jobId, sizeBytes }, config, signal),
  };
}

interface Fetching {
  readonly url: string;
  /** Sealed. */
  readonly auth_headers?: string[];
  readonly what: string;
  readonly key: string;
  readonly maxBytes: number;
}

/** Streams a file into the storage and resolves to its size in bytes. */
async function store(
  { http, store: blobs, sealer }: Deps,
  { url, auth_headers, what, key, maxBytes }: Fetching,
  signal: AbortSignal,
): Promise<number> {
  const headers = parseHeaders(openHeaders(auth_headers, sealer));
  try {
    const content = http.download({ url, headers, maxBytes }, LIMITS, signal);
    return (await blobs.put(key, content, signal)).sizeBytes;
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new OutboundError(`unable to fetch ${what}: ${error.message}`, { cause: error });
  }
}

/** Hands the job to the workers. Throws `forbidden` when the audio is more than may be transcribed. */
async function hand(
  { queue, clock }: Deps,
  tx: Sql,
  call: Call,
  fetched: Fetched | undefined,
): Promise<void> {
  if (!(await removeCall(tx, call))) return;
  const row = await unfetched(tx, call)
    .set({
      lease_owner: null,
      ...(fetched && { duration_seconds: fetched.durationSeconds, audio_bytes: fetched.sizeBytes }),
    })
    .returning(['workspace_id', 'project_id', 'token_id', 'config', 'audio_limits'])
    .executeTakeFirst();
  if (!row) return;
  const fairRank = await nextFairRank(tx, queue.storeId, row.project_id);
  await queue.send(tx, { ...call, fairRank });
  if (!fetched) return;
  const job = {
    environment: call.environment,
    workspaceId: row.workspace_id,
    tokenId: row.token_id ?? undefined,
    audioLimits: row.audio_limits ?? undefined,
    config: row.config as JobConfig,
    durationSeconds: fetched.durationSeconds,
  };
  await admitFetchedAudio(tx, job, clock.now());
}
