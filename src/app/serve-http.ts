import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { installGuards } from '../api/guards/guards.ts';
import { addPortalRoutes } from '../api/portal/routes.ts';
import { addRoutes, type ControlDeps } from '../api/routes.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { Database } from '../db/database.ts';
import { isDatabaseAway } from '../db/server.ts';
import { drain } from '../http/connections/drain.ts';
import { harden, listen, SERVER_OPTIONS, TLS_SERVER_OPTIONS } from '../http/connections/listen.ts';
import { createRateLimit } from '../http/rate-limit.ts';
import { createHttpServer, type HttpServer } from '../http/server.ts';
import { openStaticSite, type StaticSite } from '../http/static.ts';
import { takeUpgrades } from '../http/websocket.ts';
import type { NodeRole } from '../identity/nodes/roles.ts';
import type { Erasures } from '../jobs/erase.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Realtime } from '../realtime/realtime.ts';
import type { Topology } from '../regions/topology.ts';
import type { FollowingEnvironment } from '../replication/environments.ts';
import { isStorageAway } from '../storage/blob-store.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { UsageBreakdowns } from '../usage/breakdown.ts';
import type { Consumptions } from '../usage/consumption.ts';
import type { UsageReports } from '../usage/report.ts';
import type { Closers } from './closers.ts';
import { countAnswers, countRefusals } from './metrics/count-requests.ts';
import type { WhyNotReady } from './metrics/readiness.ts';
import type { Identity } from './open-identity.ts';
import { traceRequests } from './tracing/trace-requests.ts';
import { VERSION } from './version.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
  readonly topology: Topology;
  readonly identity: Identity;
  /** On nodes with the role `api`. */
  readonly jobs: Jobs | undefined;
  /** On nodes with the role `realtime`. */
  readonly realtime: Realtime | undefined;
  readonly erasures: Erasures;
  readonly usage: UsageReports;
  readonly usageBreakdowns: UsageBreakdowns;
  readonly consumptions: Consumptions;
  readonly followingEnvironments: () => Promise<FollowingEnvironment[]>;
  readonly languages: readonly string[];
  readonly whyNotReady: WhyNotReady;
  readonly isDegraded: () => boolean;
}

/** How the description of the API names itself. */
export const openapiInfo = {
  title: 'Parley',
  version: VERSION,
  description: 'Self-hosted speech-to-text that speaks the Speechmatics API.',
};

/** Where the build puts the web application. */
const PORTAL = new URL('../portal', import.meta.url);
/** Guesses of one password: more would not be a person. */
const ATTEMPTS_PER_EMAIL = { perSecond: 0.2, burst: 20 };

interface Tls {
  readonly cert: string;
  readonly key: string;
}

/** The HTTP API on the configured address, and on a port of its own for each environment that has one. */
export async function serveHttp(parts: Parts, closers: Closers): Promise<{ address: AddressInfo }> {
  const { config, log } = parts;
  const tls = await readTls(config);
  let stopping = false;
  const app = await createHttpServer({
    log,
    tls,
    trustedProxies: config.http.trustedProxies,
    isUnavailable: (error) => isDatabaseAway(error) || isStorageAway(error),
    openapi: openapiInfo,
  });
  const site = await openStaticSite(app, fileURLToPath(PORTAL));
  const whyNotReady = async () => (stopping ? 'the server is stopping' : parts.whyNotReady());
  const isReady = async () => (await whyNotReady()) === undefined;
  const { connections } = parts.database;
  parts.metrics.watchServer({ isReady, isDegraded: parts.isDegraded, ...(connections && { connections }) });
  countAnswers(app, parts.metrics);
  if (parts.tracing) traceRequests(app, parts.tracing, config.http.trustedProxies);
  addApi(app, { ...parts, site, whyNotReady });
  await app.ready();
  const servers = serversOf(app, config, tls);
  closers.add(async () => {
    stopping = true;
    const limitMs = config.app.stopSeconds * 1_000;
    await Promise.all([drain([...servers.keys()], limitMs), parts.realtime?.stop(limitMs)]);
    await app.close();
  });
  for (const [server, port] of servers) await listen(server, port, config.http.host);
  return { address: app.server.address() as AddressInfo };
}

type ApiParts = Omit<Parts, 'log'> & { readonly site: StaticSite | undefined };

/** Guards, then the routes of this node's roles behind them. */
function addApi(app: HttpServer, parts: ApiParts): void {
  const { config, topology, identity } = parts;
  const { submitRate, readRate, mintRate, clientSubmitRate, clientReadRate } = config.api;
  const shareOf = (role: NodeRole) => () => 1 / identity.node.liveNodes(role);
  installGuards(app, {
    authenticate: identity.authenticate,
    refusals: countRefusals(identity.refusals, parts.metrics),
    topology,
    clock: systemClock,
    rates: { submit: submitRate, read: readRate, mint: mintRate },
    clientRates: { submit: clientSubmitRate ?? submitRate, read: clientReadRate ?? readRate, mint: mintRate },
    rateShares: { submit: shareOf('api'), read: shareOf('api'), mint: shareOf('control') },
    badCredentialRate: config.api.badCredentialRate,
    lastUsed: identity.lastUsed,
    supportContact: config.identity.supportContact,
    environmentOfPort: (port) => (port === undefined ? undefined : config.regions.environmentPorts.get(port)),
  });
  const { jobs, realtime } = parts;
  const control = config.app.roles.includes('control') ? controlDeps(parts) : undefined;
  addRoutes(app, {
    every: parts,
    api: jobs && {
      ...parts,
      jobs,
      objectTokens: identity.objectTokens,
      objectLimit: createRateLimit(readRate, systemClock, shareOf('api')),
      maxUploadBytes: config.jobs.maxUploadBytes,
    },
    realtime: realtime && { realtime },
    control,
  });
  if (control) addPortal(app, parts, control);
}

const controlDeps = ({ config, topology, identity, ...parts }: ApiParts): ControlDeps => ({
  ...parts,
  ...identity,
  regions: topology.regions,
  maxTtlSeconds: config.identity.maxTtlSeconds,
  portalUrl: config.identity.portalUrl,
});

function addPortal(app: HttpServer, parts: ApiParts, control: ControlDeps): void {
  const { config, topology, identity } = parts;
  const { portalUrl, supportContact, oidcIssuer, oidcName } = config.identity;
  const portalDeps = {
    ...parts,
    ...identity,
    ...control,
    signInLimits: {
      ofAddress: createRateLimit(config.api.signInRate, systemClock),
      ofEmail: createRateLimit(ATTEMPTS_PER_EMAIL, systemClock),
    },
    supportContact,
    providerName: oidcIssuer && oidcName,
    version: VERSION,
    endpoints: topology.endpoints,
    domain: config.regions.domain,
  };
  const { readRate: portalRate } = config.api;
  addPortalRoutes(app, portalDeps, { ...identity, clock: systemClock, portalRate, portalUrl });
}

async function readTls({ http }: Config): Promise<Tls | undefined> {
  if (http.tlsCert === undefined || http.tlsKey === undefined) return undefined;
  return { cert: await readFile(http.tlsCert, 'utf8'), key: await readFile(http.tlsKey, 'utf8') };
}

/** The common server and those of single environments, with their ports; all lead to the same routes. */
function serversOf(app: HttpServer, config: Config, tls: Tls | undefined): Map<Server, number> {
  const servers = new Map<Server, number>([[app.server, config.http.port]]);
  for (const port of config.regions.environmentPorts.keys()) {
    const server = tls ? createTlsServer({ ...tls, ...TLS_SERVER_OPTIONS }) : createServer(SERVER_OPTIONS);
    server.on('request', app.routing);
    takeUpgrades(app, server as Server);
    servers.set(harden(server as Server, app.routing), port);
  }
  return servers;
}
