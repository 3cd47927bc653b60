import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createDecoder } from '../audio/decoder.ts';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import { listEnvironments } from '../replication/environments.ts';
import { readPlace } from '../replication/place.ts';
import { createUsageBreakdowns } from '../usage/breakdown.ts';
import { createConsumptions } from '../usage/consumption.ts';
import { createUsageReports } from '../usage/report.ts';
import type { Closers } from './closers.ts';
import { openMetrics } from './metrics/open-metrics.ts';
import { createReadiness } from './metrics/readiness.ts';
import { serveMetrics } from './metrics/serve-metrics.ts';
import { openDatabase } from './open-database.ts';
import { openIdentity } from './open-identity.ts';
import { openRealtime } from './open-realtime.ts';
import { openTopology, placedTopology } from './open-topology.ts';
import { openBatch } from './roles/open-batch.ts';
import { openControl } from './roles/open-control.ts';
import { openStore } from './roles/open-store.ts';
import type { Recognition } from './roles/recognition.ts';
import { serveHttp } from './serve-http.ts';
import { openTracing } from './tracing/open-tracing.ts';

interface Given {
  readonly config: Config;
  readonly log: Logger;
  /** The engine is still loading; awaited by the first part that needs it. */
  readonly recognitionOpening: Promise<Recognition>;
}

export interface Opened {
  readonly url: string;
  /** Where the first account is made, while there is none: whoever opens it first is the admin. */
  readonly firstAccountUrl: string | undefined;
}

/** Opens every part that the roles of this node need, in the order in which they need each other. */
export async function openParts(
  { config, log, recognitionOpening }: Given,
  closers: Closers,
): Promise<Opened> {
  const wholeTopology = await openTopology(config);
  const { dataDir, roles } = config.app;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const database = await openDatabase(config, log, closers);
  const place = await readPlace(database.sql);
  const topology = placedTopology(config, wholeTopology, place);
  const identity = await openIdentity({ config, log, database, topology, place }, closers);
  const files =
    roles.includes('api') || roles.includes('worker') ? await openStore(config, log, closers) : undefined;
  const decoder = createDecoder({ ...config.audio, searchPath: config.searchPath });
  const recognition = await recognitionOpening;
  const metrics = openMetrics({ config, database, identity, topology, recognition });
  await serveMetrics({ config, log, metrics }, closers);
  const tracing = await openTracing({ config, log, identity, metrics }, closers);
  const tracer = tracing && { tracer: tracing.tracer };
  const parts = { config, log, database, identity, topology, decoder, recognition, metrics, ...tracer };
  const batch = await openBatch({ ...parts, files, events: metrics.jobs }, closers);
  if (roles.includes('control')) openControl(parts, closers);
  const realtime = roles.includes('realtime') ? openRealtime(parts, closers) : undefined;
  const server = await serveHttp(
    {
      ...parts,
      ...batch,
      realtime,
      tracing,
      usage: createUsageReports(database),
      usageBreakdowns: createUsageBreakdowns(database),
      consumptions: createConsumptions(database),
      followingEnvironments: () => listEnvironments(database.sql),
      languages: recognition.capabilities.languages,
      whyNotReady: createReadiness({ node: identity.node, database, files, log }),
      isDegraded: () => !identity.node.isCurrent(),
    },
    closers,
  );
  const url = urlOf(config, server.address);
  const invitation = roles.includes('control') ? await identity.registration.inviteFirst() : undefined;
  const portal = `${config.identity.portalUrl ?? url}/portal/invitation`;
  return { url, firstAccountUrl: invitation && `${portal}#${invitation}` };
}

function urlOf({ http }: Config, { address, family, port }: AddressInfo): string {
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${http.tlsCert === undefined ? 'http' : 'https'}://${host}:${port}`;
}
