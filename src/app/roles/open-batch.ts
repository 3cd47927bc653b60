import type { Decoder } from '../../audio/decoder.ts';
import { systemClock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Tracer } from '../../base/span.ts';
import type { Config } from '../../config/load.ts';
import type { Database } from '../../db/database.ts';
import { askForErasures, type Erasures, startEraser } from '../../jobs/erase.ts';
import type { JobEvents } from '../../jobs/job.ts';
import { createJobs, type Jobs } from '../../jobs/jobs.ts';
import { startOutboundCalls } from '../../jobs/outbound/outbound-calls.ts';
import { createRetention } from '../../jobs/retention.ts';
import { createWatch, type Watch } from '../../jobs/watch.ts';
import { createQueue, type Queue } from '../../jobs/worker/queue.ts';
import { recoverJobs } from '../../jobs/worker/recover.ts';
import { startWorker } from '../../jobs/worker/worker.ts';
import { createOutbound, type Outbound } from '../../net/outbound.ts';
import type { Topology } from '../../regions/topology.ts';
import type { Closers } from '../closers.ts';
import type { Identity } from '../open-identity.ts';
import type { Files } from './open-store.ts';
import { engineOf, type Recognition } from './recognition.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly identity: Identity;
  readonly topology: Topology;
  readonly decoder: Decoder;
  readonly recognition: Recognition;
  /** The files of jobs; `undefined` on a node that neither takes nor runs any. */
  readonly files: Files | undefined;
  readonly events: JobEvents;
  readonly tracer?: Tracer;
}

export interface Batch {
  /** On nodes with the role `api`. */
  readonly jobs: Jobs | undefined;
  readonly erasures: Erasures;
}

/** Batch, as far as it is this node's: the jobs of callers (`api`), the work on them (`worker`), or neither. */
export async function openBatch({ files, ...parts }: Parts, closers: Closers): Promise<Batch> {
  const { config, log, database, identity, recognition } = parts;
  if (!files) return { jobs: undefined, erasures: askForErasures(parts) };
  const queue = await createQueue(database, log, files.storeId);
  closers.add(() => queue.close());
  const watch = await createWatch(database);
  if (config.db.url === undefined) await recover({ ...parts, ...files, queue });
  const http = createOutbound({ allow: config.net.fetchAllow });
  closers.add(() => http.close());
  const { roles } = config.app;
  const { maxRunningJobs } = config.jobs;
  const deps = { ...parts, ...files, queue, watch, http, sealer: identity.jobSealer, clock: systemClock };
  return {
    jobs: roles.includes('api')
      ? createJobs({ ...deps, maxRunningJobs, offer: recognition.capabilities })
      : undefined,
    erasures: roles.includes('worker') ? await work(deps, closers) : askForErasures(parts),
  };
}

interface Work extends Omit<Parts, 'files'>, Files {
  readonly queue: Queue;
  readonly watch: Watch;
  readonly http: Outbound;
  readonly sealer: Identity['jobSealer'];
  readonly clock: typeof systemClock;
}

/** What nobody waits for in a request: runs, fetching and callbacks, and what has to go. */
async function work(parts: Work, closers: Closers): Promise<Erasures> {
  const { config, identity, recognition } = parts;
  const deps = { ...parts, engine: engineOf(recognition), nodeId: identity.node.nodeId };
  const worker = await startWorker(deps, { concurrency: config.engines.processes });
  closers.add(() => worker.stop());
  const calls = await startOutboundCalls({ ...deps, maxUploadBytes: config.jobs.maxUploadBytes });
  closers.add(() => calls.stop());
  const eraser = await startEraser(deps);
  closers.add(() => eraser.stop());
  const retention = createRetention(deps, config.jobs.retentionDays);
  closers.add(() => retention.stop());
  return eraser;
}

/** After a crash, where nobody else uses the files: of every environment of batch. */
async function recover(parts: Omit<Parts, 'files'> & Files & { readonly queue: Queue }): Promise<void> {
  const served = parts.topology.environmentsOf('batch').filter(parts.topology.serves);
  for (const environment of served) await recoverJobs(parts, environment);
}
