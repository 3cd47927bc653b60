import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeRole } from '../../src/identity/nodes/roles.ts';
import { ask, createApiKey, endOfJob, listJobs, mintKey, submitSpeech } from '../helpers/api.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { killServer } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { RealtimeClient } from '../helpers/realtime.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** One installation of five nodes: each does one thing, and two of them the same. They share database and files. */
const data = leashedDirectory('parley-roles-');
const undo: (() => Promise<unknown>)[] = [() => data.remove()];
afterAll(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

const MINTS = 10;
let env: Readonly<Record<string, string>>;
let database: pg.Client;
let nodes: Readonly<Record<NodeRole, RunningServer>>;
/** The second node that runs jobs. */
let otherWorker: RunningServer;
let key: string;

async function start(role: NodeRole): Promise<RunningServer> {
  const server = await startServer({ dataDir: data.path, env: { ...env, PARLEY_ROLES: role } });
  undo.push(() => server.stop());
  return server;
}

beforeAll(async () => {
  env = {
    PARLEY_DATABASE_URL: await newDatabase(),
    PARLEY_ENGINE: 'scripted',
    PARLEY_ENGINE_PROCESSES: '1',
    PARLEY_RATE_SUBMIT: '1000/1000',
    PARLEY_RATE_READ: '1000/1000',
    // So slow that nothing is earned meanwhile.
    PARLEY_RATE_MINT: `1/${MINTS}`,
  };
  const control = await start('control');
  key = control.bootstrap.api_key;
  const [api, worker, realtime] = await Promise.all([start('api'), start('worker'), start('realtime')]);
  nodes = { control, api, worker, realtime };
  otherWorker = await start('worker');
  database = new pg.Client({ connectionString: env.PARLEY_DATABASE_URL });
  await database.connect();
  undo.push(() => database.end());
});

/** What a node answers to an upgrade, 101 when it takes it. */
async function upgradeStatus(server: RunningServer, withKey?: string): Promise<number> {
  const client = new RealtimeClient(server, withKey === undefined ? {} : { key: withKey });
  const status = await new Promise<number>((resolve) => {
    client.socket.on('open', () => resolve(101));
    client.socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });
  client.socket.on('error', () => {});
  client.socket.terminate();
  return status;
}

describe('a route', () => {
  type Request = readonly [method: string, path: string, status: number];
  /** Of each role, with the answer to the first API key where the role is served. */
  const OF_ROLE: Readonly<Record<'api' | 'control', readonly Request[]>> = {
    api: [
      ['GET', '/v2/jobs', 200],
      ['POST', '/v2/jobs', 400],
      ['GET', '/v2/usage', 200],
      ['PUT', '/v2/jobs', 405],
      ['PUT', '/objects/nonsense', 405],
    ],
    control: [
      ['GET', '/v1/projects', 401],
      ['GET', '/v1/operator/workspaces', 401],
      ['GET', '/.well-known/jwks.json', 200],
      ['GET', '/portal/', 200],
      ['GET', '/portal/api/session', 200],
    ],
  };
  const statusOf = async (server: RunningServer, [method, path]: Request, options: { key?: string } = {}) =>
    (await ask(server, path, { method, ...options, headers: { 'sec-fetch-site': 'same-origin' } })).status;
  const REQUESTS = Object.entries(OF_ROLE).flatMap(([role, requests]) =>
    requests.map((request) => [role, request] as const),
  );

  it.each(REQUESTS)('of the role %s is there on such a node alone: %j', async (role, request) => {
    for (const [name, server] of Object.entries(nodes)) {
      const expected = name === role ? request[2] : 404;
      expect([name, await statusOf(server, request, { key })]).toEqual([name, expected]);
    }
  });

  it.each(Object.keys(OF_ROLE))('of the role %s says nothing to a stranger anywhere', async (role) => {
    const guarded = OF_ROLE[role as keyof typeof OF_ROLE].filter(([, path]) => /^\/v[12]/.test(path));
    for (const server of Object.values(nodes)) {
      for (const request of guarded) expect(await statusOf(server, request)).toBe(401);
    }
  });

  it('of real time is there on such a node alone', async () => {
    for (const [role, server] of Object.entries(nodes)) {
      const expected = role === 'realtime' ? 101 : 404;
      expect([role, await upgradeStatus(server, key)]).toEqual([role, expected]);
      expect(await upgradeStatus(server)).toBe(401);
    }
  });

  it('of health and discovery is there on every node', async () => {
    for (const server of Object.values(nodes)) {
      for (const path of ['/health/live', '/health/ready', '/openapi.json'])
        expect([path, (await ask(server, path)).status]).toEqual([path, 200]);
      const { json } = await ask(server, '/v1/discovery/features');
      expect(json()).toMatchObject({ batch: { transcription: [{ languages: ['en'] }] } });
    }
  });

  it('is described where it is', async () => {
    const pathsOf = async (role: NodeRole) =>
      Object.keys((await ask(nodes[role], '/openapi.json')).json<{ paths: object }>().paths);
    const everywhere = await pathsOf('worker');
    for (const path of ['/v2/jobs', '/v1/projects', '/portal/api/session'])
      expect(everywhere).not.toContain(path);
    expect(await pathsOf('realtime')).toEqual(everywhere);
    const [api, control] = [await pathsOf('api'), await pathsOf('control')];
    expect(api).toEqual(expect.arrayContaining([...everywhere, '/v2/jobs', '/v2/usage']));
    expect(control).toEqual(expect.arrayContaining([...everywhere, '/v1/projects', '/portal/api/session']));
    expect(api.filter((path) => control.includes(path))).toEqual(everywhere);
  });
});

describe('a node', () => {
  /** Processes of engines under a server. */
  const engines = ({ pid }: RunningServer): number =>
    execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => Number.parseInt(line, 10) === pid && line.includes('engines/host')).length;

  it('has an engine where speech is heard, and none elsewhere', () => {
    expect([nodes.worker, otherWorker, nodes.realtime].map(engines)).toEqual([1, 1, 1]);
    expect([nodes.api, nodes.control].map(engines)).toEqual([0, 0]);
  });

  it('is listed with what it does', async () => {
    const { rows } = await database.query('select roles from nodes order by roles');
    const roles = rows.map((row: { roles: string[] }) => row.roles);
    expect(roles).toEqual([['api'], ['control'], ['realtime'], ['worker'], ['worker']]);
  });

  it('has the whole of a rate that no other node spends', async () => {
    const own = await createApiKey(nodes.control, { name: 'for the rate' });
    for (let minted = 0; minted < MINTS; minted += 1) await mintKey(nodes.control, own);
    await expect(mintKey(nodes.control, own)).rejects.toThrow('429');
  });

  it.each([
    [{ PARLEY_ROLES: 'api,janitor' }, 'PARLEY_ROLES must list some of api, realtime, worker, control'],
    [{ PARLEY_ROLES: 'api,' }, 'PARLEY_ROLES must list some of'],
    [
      { PARLEY_ROLES: 'api,worker,control', PARLEY_DATABASE_URL: '' },
      'PARLEY_ROLES api,worker,control needs',
    ],
  ])('with %j is not started', async (bad, sentence) => {
    const refused = startServer({ env: { ...env, ...bad } });
    await expect(refused).rejects.toThrow(/ended with code 78/);
    await expect(refused).rejects.toThrow(sentence);
  });
});

describe('a customer', () => {
  it('does not notice that several nodes serve the request', async () => {
    const batch = await mintKey(nodes.control, key, { client_ref: 'USER123' });
    const id = await submitSpeech(nodes.api, batch);
    expect(await endOfJob(nodes.api, batch, id)).toMatchObject({ status: 'done' });
    expect((await ask(nodes.api, `/v2/jobs/${id}/transcript?format=txt`, { key: batch })).text).toMatch(
      /^one two/,
    );
    const jwt = await mintKey(nodes.control, key, { type: 'rt', client_ref: 'USER123' });
    const session = await RealtimeClient.start(nodes.realtime, { jwt });
    session.audio(Buffer.alloc(32_000, 1));
    session.say({ message: 'EndOfStream', last_seq_no: 1 });
    await session.next('EndOfTranscript');
  });

  it('is erased by the nodes that have the files', async () => {
    const { management_token: token, project_id: project } = nodes.control.bootstrap;
    const [erased, kept] = await Promise.all([submitSpeech(nodes.api, key), submitSpeech(nodes.api, key)]);
    for (const id of [erased, kept]) await endOfJob(nodes.api, key, id);
    await database.query(`update jobs set client_ref = 'GONE' where job_id = $1`, [erased]);
    const path = `/v1/projects/${project}/client-refs/GONE`;
    const startedMs = performance.now();
    expect((await ask(nodes.control, path, { method: 'DELETE', key: token })).status).toBeLessThan(300);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    const { rows } = await database.query(`select from jobs where job_id = $1`, [erased]);
    expect(rows).toEqual([]);
    expect((await ask(nodes.api, `/v2/jobs/${kept}/data`, { key })).status).toBe(200);
  });
});

describe('several workers', () => {
  const JOBS = 40;

  /** Notes which node takes the lease of which job, from now on. */
  beforeAll(async () => {
    await database.query(`
      create table taken (job_id text, node_id text);
      create function note_taken() returns trigger language plpgsql as $$
      begin
        insert into taken values (new.job_id, split_part(new.lease_owner, '/', 1));
        return null;
      end $$;
      create trigger jobs_taken after update on jobs for each row
        when (new.lease_owner like 'node\\_%' and new.lease_owner is distinct from old.lease_owner)
        execute function note_taken()`);
  });

  const submitMany = async (): Promise<string[]> => {
    const ids: string[] = [];
    for (let round = 0; round < JOBS / 10; round += 1)
      ids.push(...(await Promise.all(Array.from({ length: 10 }, () => submitSpeech(nodes.api, key)))));
    return ids;
  };
  const taken = async (ids: readonly string[]) => {
    const { rows } = await database.query<{ job_id: string; node_id: string }>(
      'select job_id, node_id from taken where job_id = any($1)',
      [ids],
    );
    return { jobs: rows.map((row) => row.job_id).toSorted(), nodes: new Set(rows.map((row) => row.node_id)) };
  };
  const counted = async (): Promise<number> => {
    const { rows } = await database.query('select sum(count)::integer as count from usage_daily');
    return rows[0].count;
  };
  /** Kills the second worker while it runs a job, and tells which. */
  const killAtWork = async (): Promise<string> => {
    const { rows } = await database.query('select node_id from nodes order by started_at desc limit 1');
    for (;;) {
      otherWorker.kill('SIGSTOP');
      await sleep(50);
      const held = await database.query<{ job_id: string }>(
        `select job_id from jobs where split_part(lease_owner, '/', 1) = $1`,
        [rows[0].node_id],
      );
      if (held.rows[0]) {
        await killServer(otherWorker);
        return held.rows[0].job_id;
      }
      otherWorker.kill('SIGCONT');
      await sleep(7);
    }
  };
  const allEnd = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) expect(await endOfJob(nodes.api, key, id)).toMatchObject({ status: 'done' });
  };

  it('share the jobs, and run each once', async () => {
    const before = await counted();
    const ids = await submitMany();
    await allEnd(ids);
    const { jobs, nodes: workers } = await taken(ids);
    expect(jobs).toEqual(ids.toSorted());
    expect(workers.size).toBe(2);
    expect((await counted()) - before).toBe(JOBS);
  });

  it('lose no job, and count none twice, when one of them is killed', async () => {
    const before = await counted();
    const submitting = submitMany();
    const interrupted = await killAtWork();
    const ids = await submitting;
    await allEnd(ids);
    expect((await taken(ids)).jobs).toEqual([...ids, interrupted].toSorted());
    expect((await counted()) - before).toBe(JOBS);
    const kept = (await listJobs(nodes.api, key, '?limit=100')).map((job) => job.id);
    expect(kept).toEqual(expect.arrayContaining(ids));
  });
});
