import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sql as raw } from 'kysely';
import { createDecoder, type Decoder } from '../audio/decoder.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { Database } from '../db/database.ts';
import type { Engine } from '../engines/engine.ts';
import type { Sealer } from '../identity/secrets/pepper.ts';
import { createEraser } from '../jobs/erase.ts';
import { createJobs, type Jobs } from '../jobs/jobs.ts';
import { startOutboundCalls } from '../jobs/outbound/outbound-calls.ts';
import { createRetention } from '../jobs/retention.ts';
import { createWatch } from '../jobs/watch.ts';
import { createQueue } from '../jobs/worker/queue.ts';
import { recoverJobs } from '../jobs/worker/recover.ts';
import { startWorker } from '../jobs/worker/worker.ts';
import { createOutbound } from '../net/outbound.ts';
import type { Topology } from '../regions/topology.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { createDiskStore } from '../storage/disk.ts';
import { createUsageBreakdowns } from '../usage/breakdown.ts';
import { createConsumptions } from '../usage/consumption.ts';
import { createUsageReports } from '../usage/report.ts';
import type { Closers } from './closers.ts';
import { openDatabase } from './open-database.ts';
import { openIdentity } from './open-identity.ts';
import { openRealtime } from './open-realtime.ts';
import { openTopology } from './open-topology.ts';
import { serveHttp } from './serve-http.ts';

interface Given {
  readonly config: Config;
  readonly log: Logger;
  /** Still loading; awaited by the first part that needs it. */
  readonly engineLoading: Promise<Engine>;
}

export interface Opened {
  readonly url: string;
  /** Where the first account is made, while there is none: whoever opens it first is the admin. */
  readonly firstAccountUrl: string | undefined;
}

/** Opens every part but the engine, in the order in which they need each other. */
export async function openParts({ config, log, engineLoading }: Given, closers: Closers): Promise<Opened> {
  const topology = await openTopology(config);
  const { dataDir } = config.app;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const database = await openDatabase(config, log, closers);
  const identity = await openIdentity({ config, log, database, topology }, closers);
  const store = createDiskStore({ root: join(dataDir, 'blobs') });
  const storeId = await store.start({ isAlone: config.db.url === undefined });
  const decoder = createDecoder({ ...config.audio, searchPath: config.searchPath });
  const engine = await engineLoading;
  const { nodeId } = identity.node;
  const sealer = identity.jobSealer;
  const parts = { config, log, database, store, storeId, nodeId, sealer, decoder, engine, topology };
  const jobs = await openJobs(parts, closers);
  const eraser = createEraser({ database, store, storeId, log });
  closers.add(() => eraser.stop());
  const retention = createRetention(
    { database, store, storeId, log, clientRefs: identity.clientRefs },
    config.jobs.retentionDays,
  );
  closers.add(() => retention.stop());
  const realtime = openRealtime({ config, log, database, identity, decoder, engine }, closers);
  const server = await serveHttp(
    {
      config,
      log,
      topology,
      identity,
      jobs,
      realtime,
      eraser,
      usage: createUsageReports(database),
      usageBreakdowns: createUsageBreakdowns(database),
      consumptions: createConsumptions(database),
      languages: engine.capabilities.languages,
      isReady: async () => identity.node.hasTrustedClock() && (await answers(database)),
      isDegraded: () => !identity.node.isCurrent(),
    },
    closers,
  );
  const url = urlOf(config, server.address);
  const invitation = await identity.registration.inviteFirst();
  const portal = `${config.identity.portalUrl ?? url}/portal/invitation`;
  return { url, firstAccountUrl: invitation && `${portal}#${invitation}` };
}

interface JobParts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly store: BlobStore;
  readonly storeId: string;
  /** The same as in the list of nodes. */
  readonly nodeId: string;
  readonly sealer: Sealer;
  readonly decoder: Decoder;
  readonly engine: Engine;
  readonly topology: Topology;
}

async function openJobs({ config, topology, storeId, ...parts }: JobParts, closers: Closers): Promise<Jobs> {
  const { database, log, engine } = parts;
  const queue = await createQueue(database, log, storeId);
  closers.add(() => queue.close());
  const watch = await createWatch(database);
  if (config.db.url === undefined) {
    const names = topology.endpoints
      .filter(({ environment }) => environment.product === 'batch')
      .map(({ environment }) => environment.name);
    for (const environment of new Set(names)) await recoverJobs({ ...parts, queue }, environment);
  }
  const http = createOutbound({ allow: config.net.fetchAllow });
  closers.add(() => http.close());
  const deps = { ...parts, storeId, queue, watch, http, clock: systemClock };
  const worker = await startWorker(deps, { concurrency: config.engines.processes });
  closers.add(() => worker.stop());
  const { maxRunningJobs, maxUploadBytes } = config.jobs;
  const calls = await startOutboundCalls({ ...deps, maxUploadBytes });
  closers.add(() => calls.stop());
  return createJobs({ ...deps, maxRunningJobs, offer: engine.capabilities });
}

const answers = (database: Database): Promise<boolean> =>
  raw`select 1`.execute(database.sql).then(
    () => true,
    () => false,
  );

function urlOf({ http }: Config, { address, family, port }: AddressInfo): string {
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${http.tlsCert === undefined ? 'http' : 'https'}://${host}:${port}`;
}
