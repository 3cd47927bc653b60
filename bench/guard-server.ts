/**
 * One variant of a server for `guard.ts`, as a process of its own: `bare` and `guarded` answer a constant, `rival`
 * does so behind better-auth's API keys, `job` and `job bare` read a job from the database. Prints `PORT KEY`.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import fastify from 'fastify';
import { getJob } from '../src/api/batch/get-job.ts';
import { type Access, projectPrincipal } from '../src/api/guards/access.ts';
import { installGuards } from '../src/api/guards/guards.ts';
import { systemClock } from '../src/base/clock.ts';
import { createLogger } from '../src/base/log.ts';
import { openEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { createHttpServer, type HttpServer } from '../src/http/server.ts';
import { createLastUsed } from '../src/identity/api-keys/last-used.ts';
import { SYSTEM } from '../src/identity/audit/event.ts';
import { createRefusals } from '../src/identity/audit/refusals.ts';
import { insertJob } from '../src/jobs/job-row.ts';
import { createJobs } from '../src/jobs/jobs.ts';
import { createWatch } from '../src/jobs/watch.ts';
import { createTopology } from '../src/regions/topology.ts';
import { createTestIdentity, insertWorkspace } from '../test/helpers/identity.ts';

const ANSWER = { status: 'OK' };
const RATE = { perSecond: 1_000_000, burst: 1_000_000 };
const JOB_ID = 'a1b2c3d4e5';

const VARIANTS: Readonly<Record<string, () => Promise<{ port: number; key: string }>>> = {
  bare: async () => {
    const app = fastify();
    app.get('/v2/constant', async () => ANSWER);
    await app.listen({ port: 0 });
    return { port: portOf(app), key: 'none' };
  },
  rival: async () => {
    const auth = betterAuth({
      database: memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [] }),
      secret: 'a secret that is long enough and only used to measure',
      baseURL: 'http://localhost',
      emailAndPassword: { enabled: true },
      rateLimit: { enabled: false },
      telemetry: { enabled: false },
      plugins: [apiKey({ rateLimit: { enabled: false } })],
    });
    const { user } = await auth.api.signUpEmail({
      body: { email: 'bench@example.org', password: 'a password', name: 'bench' },
    });
    const { key } = await auth.api.createApiKey({ body: { name: 'bench', userId: user.id } });
    const app = fastify();
    app.get('/v2/constant', async (request, reply) => {
      const given = request.headers.authorization?.slice('Bearer '.length) ?? '';
      const { valid } = await auth.api.verifyApiKey({ body: { key: given } });
      return valid ? ANSWER : reply.code(401).send();
    });
    await app.listen({ port: 0 });
    return { port: portOf(app), key };
  },
  guarded: () => ours((app) => constantRoute(app, 'jobs:read'), true),
  job: () => ours(jobRoute, true),
  'job bare': () => ours(jobRoute, false),
};

const portOf = (app: { server: { address(): unknown } }): number =>
  (app.server.address() as { port: number }).port;

function constantRoute(app: HttpServer, access: Access): void {
  app.get('/v2/constant', { config: { role: 'api', access, rate: 'read' } }, async (request) => {
    projectPrincipal(request);
    return ANSWER;
  });
}

/** A finished job in the database, read as `GET /v2/jobs/{id}` does. */
async function jobRoute(app: HttpServer, { database, owner }: Parts): Promise<void> {
  const job = {
    ...owner,
    environment: 'EU1',
    apiKeyId: 'key_bench',
    jobId: JOB_ID,
    createdAt: new Date().toISOString(),
    config: { type: 'transcription' as const, transcription_config: { language: 'en' } },
    dataName: 'bench.wav',
    durationSeconds: 10,
    audioBytes: 1,
  };
  await insertJob(database.sql, job, { storeId: 'bench', fairRank: 0 });
  await database.sql.updateTable('jobs').set({ status: 'done' }).execute();
  const watch = await createWatch(database);
  // Reading a job needs the database and nothing else.
  const jobs = createJobs({ database, watch, clock: systemClock } as unknown as Parameters<
    typeof createJobs
  >[0]);
  const config = { role: 'api', access: 'jobs:read', rate: 'read' } as const;
  app.route({ method: 'GET', url: '/v2/jobs/:jobid', config, ...getJob({ jobs }) });
}

type Parts = Awaited<ReturnType<typeof createTestIdentity>> & {
  readonly owner: { workspaceId: string; projectId: number };
};

/** Our server with the guards as shipped, or with nothing but the principal they would have found. */
async function ours(
  addRoute: (app: HttpServer, parts: Parts) => unknown,
  isGuarded: boolean,
): Promise<{ port: number; key: string }> {
  const database = await openEmbedded(join(await mkdtemp(join(tmpdir(), 'parley-bench-')), 'db'));
  await migrate(database.sql);
  const identity = await createTestIdentity(database, { clock: systemClock as never });
  const owner = await insertWorkspace(database);
  const { secret } = await identity.apiKeys.create(SYSTEM, { ...owner, name: 'bench' });
  const log = createLogger('info');
  const app = await createHttpServer({
    log,
    tls: undefined,
    trustedProxies: [],
    isUnavailable: () => false,
    openapi: { title: 'bench', version: '0', description: '' },
  });
  const topology = createTopology('localhost');
  if (isGuarded) {
    installGuards(app, {
      authenticate: identity.authenticate,
      refusals: createRefusals({ sql: database.sql, change: identity.change, clock: systemClock, log }),
      lastUsed: createLastUsed(database.sql, systemClock),
      topology,
      clock: systemClock,
      rates: { submit: RATE, read: RATE, mint: RATE },
      clientRates: { submit: RATE, read: RATE, mint: RATE },
      badCredentialRate: RATE,
      supportContact: 'nobody',
      environmentOfPort: () => undefined,
    });
  } else {
    const result = await identity.authenticate(secret);
    if (!('principal' in result)) throw new Error('refused');
    const { environment } = topology.endpointFor('batch', undefined);
    app.decorateRequest('principal', undefined);
    app.decorateRequest('environment', undefined);
    app.addHook('onRequest', async (request) => {
      request.principal = result.principal;
      request.environment = environment;
    });
  }
  await addRoute(app, { ...identity, owner });
  await app.listen({ port: 0 });
  return { port: portOf(app), key: secret };
}

const { port, key } = (await VARIANTS[process.argv[2] ?? '']?.()) ?? {};
process.stderr.write(`${port} ${key}\n`);
