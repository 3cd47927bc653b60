import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createSpeechmaticsJWT } from '@speechmatics/auth';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type AskOptions,
  ask,
  endOfJob,
  jobForm,
  readClip,
  type WireJob,
} from '../helpers/api.ts';
import { freePort } from '../helpers/free-port.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Regions, environments and endpoints, as `docs/regions.md` tells them. */
const UNKNOWN = '{"code":401,"error":"Permission Denied"}';
const ALL_REGIONS = ['eu', 'usa', 'au'];

/** Both tables of the authentication page under `localhost`. */
const BATCH = [
  { host: 'asr.api', environment: 'EU1', region: 'eu', admits: ['on-demand', 'enterprise'] },
  { host: 'eu.asr.api', environment: 'EU1', region: 'eu', admits: ['enterprise'] },
  { host: 'eu1.asr.api', environment: 'EU1', region: 'eu', admits: ['enterprise'] },
  { host: 'eu2.asr.api', environment: 'EU2', region: 'eu', admits: ['enterprise'] },
  { host: 'us.asr.api', environment: 'US1', region: 'usa', admits: ['enterprise'] },
  { host: 'us1.asr.api', environment: 'US1', region: 'usa', admits: ['enterprise'] },
  { host: 'us2.asr.api', environment: 'US2', region: 'usa', admits: ['enterprise'] },
  { host: 'au1.asr.api', environment: 'AU1', region: 'au', admits: ['enterprise'] },
];
const REAL_TIME = ['eu2.rt', 'neu.rt', 'wus.rt'];

const undo: (() => Promise<unknown>)[] = [];
/** At the end of each part: servers that only wait would slow down the next start. */
const tearDown = async (): Promise<void> => {
  for (const one of undo.splice(0).reverse()) await one();
};

async function start(env: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  const server = await startServer({ env: { PARLEY_ENGINE: 'scripted', ...env } });
  undo.push(() => server.stop());
  return server;
}

/** Writes a topology file; returns its path. */
async function topologyFile(content: string): Promise<string> {
  const directory = leashedDirectory('parley-topology-');
  undo.push(() => directory.remove());
  const file = path.join(directory.path, 'topology.json');
  await writeFile(file, content);
  return file;
}

const asJson = (method: string, key: string, body: object): AskOptions => ({
  method,
  key,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** Makes a workspace with these terms; returns an API key of it. */
async function keyOfWorkspace(
  server: RunningServer,
  customerType: string,
  regions: string[],
): Promise<string> {
  const { operator_token } = server.bootstrap;
  const workspaces = '/v1/operator/workspaces';
  const terms = { name: customerType, customer_type: customerType, regions, temporary_keys_enabled: true };
  const made = await ask(server, workspaces, asJson('POST', operator_token, terms));
  const { workspace, project_id } = made.json<{ workspace: { workspace_id: string }; project_id: number }>();
  const tokens = `${workspaces}/${workspace.workspace_id}/management-tokens`;
  const permissions = { name: 'all', permissions: ['api-keys:create'] };
  const { token_value } = (await ask(server, tokens, asJson('POST', operator_token, permissions))).json<{
    token_value: string;
  }>();
  const key = await ask(server, '/v1/api-keys', asJson('POST', token_value, { project_id, name: 'key' }));
  return key.json<{ key_value: string }>().key_value;
}

const mint = (server: RunningServer, key: string, body: object, type = 'batch'): Promise<Answer> =>
  ask(server, `/v1/api_keys?type=${type}`, asJson('POST', key, { ttl: 60, ...body }));

const minted = (answer: Answer): string => answer.json<{ key_value: string }>().key_value;

/** A request without a body, by `Host`. */
const at = (server: RunningServer, host: string, key: string, target = '/v2/jobs', method = 'GET') =>
  rawAnswer(server, requestHead(method, target, [['Host', host], bearer(key)]));

async function idsAt(server: RunningServer, host: string, key: string): Promise<string[]> {
  const { status, body } = await at(server, host, key);
  expect(status).toBe(200);
  return (JSON.parse(body) as { jobs: WireJob[] }).jobs.map(({ id }) => id);
}

const portServer = (port: number) => ({ baseUrl: `http://127.0.0.1:${port}` });

/** Submits speech through a port of an environment; returns the id of the job once it is done. */
async function jobBehind(port: number, key: string): Promise<string> {
  const body = jobForm(await readClip());
  const answer = await ask(portServer(port), '/v2/jobs', { method: 'POST', key, body });
  expect(answer.status).toBe(201);
  const { id } = answer.json<{ id: string }>();
  expect(await endOfJob(portServer(port), key, id)).toMatchObject({ status: 'done' });
  return id;
}

describe('the default topology', () => {
  afterAll(tearDown);
  let server: RunningServer;
  let ports: Record<string, number>;
  let keys: { onDemandEu: string; onDemand: string; enterpriseEu: string; enterprise: string };
  /** Of the enterprise workspace, by the environment they were made in. */
  let jobs: Record<string, string>;

  beforeAll(async () => {
    const names = ['EU1', 'EU2', 'US1', 'US2', 'AU1'];
    ports = {};
    for (const name of names) ports[name] = await freePort();
    const list = names.map((name) => `${name.toLowerCase()}=${ports[name]}`).join(',');
    server = await start({ PARLEY_ENVIRONMENT_PORTS: list });
    keys = {
      onDemandEu: server.bootstrap.api_key,
      onDemand: await keyOfWorkspace(server, 'on-demand', ALL_REGIONS),
      enterpriseEu: await keyOfWorkspace(server, 'enterprise', ['eu']),
      enterprise: await keyOfWorkspace(server, 'enterprise', ALL_REGIONS),
    };
    jobs = {};
    for (const name of names) jobs[name] = await jobBehind(ports[name] ?? 0, keys.enterprise);
  });

  describe.each(BATCH)('$host leads to $environment', ({ host, environment, region, admits }) => {
    const full = `${host}.localhost`;

    it('for enterprise customers, who see the jobs of that environment and no others', async () => {
      expect(await idsAt(server, full, keys.enterprise)).toEqual([jobs[environment]]);
      expect(await idsAt(server, `${full.toUpperCase()}:8443`, keys.enterprise)).toEqual([jobs[environment]]);
    });

    it('for on-demand customers, or is forbidden to them', async () => {
      const { status, body } = await at(server, full, keys.onDemand);
      expect(status).toBe(admits.includes('on-demand') ? 200 : 403);
      if (status === 403) {
        const detail = expect.stringContaining('is not available to on-demand customers');
        expect(JSON.parse(body)).toEqual({ code: 403, error: 'Forbidden', detail });
      }
    });

    it('and knows the keys of its region only', async () => {
      const isAbroad = region !== 'eu';
      const enterprise = await at(server, full, keys.enterpriseEu);
      expect([enterprise.status, isAbroad && enterprise.body]).toEqual(
        isAbroad ? [401, UNKNOWN] : [200, false],
      );
      const onDemand = await at(server, full, keys.onDemandEu);
      if (isAbroad) expect([onDemand.status, onDemand.body]).toEqual([401, UNKNOWN]);
      else expect(onDemand.status).toBe(admits.includes('on-demand') ? 200 : 403);
    });

    it('and knows temporary keys of its region only', async () => {
      for (const one of ALL_REGIONS) {
        const token = minted(await mint(server, keys.enterprise, { region: one }));
        expect((await at(server, full, token)).status).toBe(one === region ? 200 : 401);
      }
    });

    it('and knows the jobs of no other environment', async () => {
      const unknown = await at(server, full, keys.enterprise, '/v2/jobs/zzzzzzzzzz');
      expect(unknown.status).toBe(404);
      for (const [name, id] of Object.entries(jobs)) {
        const here = name === environment;
        const targets = [`/v2/jobs/${id}`, `/v2/jobs/${id}/transcript`];
        for (const target of targets) {
          const { status, body } = await at(server, full, keys.enterprise, target);
          expect([name, target, status]).toEqual([name, target, here ? 200 : 404]);
          if (!here) expect(body).toBe(unknown.body);
        }
        if (here) continue;
        const deletion = await at(server, full, keys.enterprise, `/v2/jobs/${id}`, 'DELETE');
        expect([deletion.status, deletion.body]).toEqual([404, unknown.body]);
      }
    });

    it('by its own port too, whatever the host', async () => {
      const behind = { ...server, ...portServer(ports[environment] ?? 0) };
      for (const other of ['us2.asr.api.localhost', 'asr.api.localhost', '127.0.0.1']) {
        expect(await idsAt(behind, other, keys.enterprise)).toEqual([jobs[environment]]);
      }
    });
  });

  it.each([
    '127.0.0.1',
    'localhost',
    'mp.localhost',
    'elsewhere.example',
    ...REAL_TIME.map((one) => `${one}.localhost`),
  ])('%s is no host of batch and leads to its default environment, all customers alike', async (host) => {
    expect(await idsAt(server, host, keys.enterprise)).toEqual([jobs.EU1]);
    expect((await at(server, host, keys.onDemandEu)).status).toBe(200);
  });

  it.each([
    ['batch', 'eu', 201],
    ['batch', 'usa', 201],
    ['batch', 'au', 201],
    ['rt', 'eu', 201],
    ['rt', 'usa', 201],
    ['rt', 'au', 422],
  ] as const)('a temporary key of type %s for %s is answered %i', async (type, region, status) => {
    const answer = await mint(server, keys.enterprise, { region }, type);
    expect(answer.status).toBe(status);
    if (status === 201) expect(decodeJwt(minted(answer))).toMatchObject({ aud: type, region });
    else expect(answer.text).toContain('region in body should not be au when type in query is rt');
  });

  it('a temporary key of type rt is not minted for the only region, when that has no real time', async () => {
    const key = await keyOfWorkspace(server, 'enterprise', ['au']);
    expect((await mint(server, key, {}, 'rt')).status).toBe(422);
    expect(decodeJwt(minted(await mint(server, key, {})))).toMatchObject({ region: 'au' });
  });

  it('a temporary key for a region not contracted is forbidden', async () => {
    expect((await mint(server, keys.enterpriseEu, { region: 'usa' })).status).toBe(403);
  });
});

/** The example of the manual. */
const twoRegions = async (): Promise<string> => {
  const page = await readFile(new URL('../../docs/regions.md', import.meta.url), 'utf8');
  return /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
};

const oneRegion = JSON.stringify({
  batch: {
    default: 'LAB1',
    endpoints: [
      { region: 'home', environment: 'LAB1', hosts: ['asr'], admits: ['on-demand', 'enterprise'] },
      { region: 'home', environment: 'LAB2', hosts: ['asr2'], admits: ['on-demand', 'enterprise'] },
    ],
  },
  rt: {
    default: 'LAB1',
    endpoints: [{ region: 'home', environment: 'LAB1', hosts: ['rt'], admits: ['on-demand'] }],
  },
});

describe('a topology of two regions', () => {
  afterAll(tearDown);
  let server: RunningServer;
  let key: string;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    server = await start({
      PARLEY_DOMAIN: 'example.test',
      PARLEY_TOPOLOGY_FILE: await topologyFile(await twoRegions()),
      PARLEY_ENVIRONMENT_PORTS: `us1=${port}`,
    });
    key = await keyOfWorkspace(server, 'enterprise', ['usa', 'eu']);
  });

  it('has its own hosts and no others', async () => {
    const id = await jobBehind(port, key);
    for (const host of ['speech-us.example.test', 'transcribe.example.com'])
      expect(await idsAt(server, host, key)).toEqual([id]);
    for (const host of ['speech.example.test', 'speech2.example.test', 'us1.asr.api.example.test'])
      expect(await idsAt(server, host, key)).toEqual([]);
    const { api_key } = server.bootstrap;
    expect((await at(server, 'speech.example.test', api_key)).status).toBe(200);
    expect((await at(server, 'speech2.example.test', api_key)).status).toBe(403);
    expect((await at(server, 'speech-us.example.test', api_key)).status).toBe(401);
  });

  it('mints for its regions, of a product that is there', async () => {
    const usa = minted(await mint(server, key, { region: 'usa' }));
    expect((await at(server, 'speech-us.example.test', usa)).status).toBe(200);
    expect((await at(server, 'speech.example.test', usa)).status).toBe(401);
    expect(decodeJwt(minted(await mint(server, key, {})))).toMatchObject({ region: 'eu' });
    const rt = await mint(server, key, { region: 'usa' }, 'rt');
    expect(rt.status).toBe(422);
    expect(rt.text).toContain('region in body should not be usa when type in query is rt');
    const au = await mint(server, key, { region: 'au' });
    expect(au.status).toBe(422);
    expect(au.text).toContain('region in body should be one of [eu usa]');
  });

  it('lets the operator contract its regions only', async () => {
    const workspace = `/v1/operator/workspaces/${server.bootstrap.workspace_id}`;
    const change = (regions: string[]) =>
      ask(server, workspace, asJson('PATCH', server.bootstrap.operator_token, { regions }));
    expect((await change(['au'])).status).toBe(422);
    expect((await change(['eu'])).status).toBe(200);
  });
});

describe('a topology of one region', () => {
  afterAll(tearDown);
  let server: RunningServer;
  beforeAll(async () => {
    server = await start({ PARLEY_TOPOLOGY_FILE: await topologyFile(oneRegion) });
  });

  it('is what the first workspace is contracted for', async () => {
    const { operator_token, workspace_id, api_key } = server.bootstrap;
    const workspace = await ask(server, `/v1/operator/workspaces/${workspace_id}`, { key: operator_token });
    expect(workspace.json()).toMatchObject({ regions: ['home'] });
    for (const host of ['asr.localhost', 'asr2.localhost', '127.0.0.1'])
      expect((await at(server, host, api_key)).status).toBe(200);
  });

  it.each([undefined, 'home', ...ALL_REGIONS])('is meant by region %s', async (region) => {
    for (const type of ['batch', 'rt']) {
      const token = minted(await mint(server, server.bootstrap.api_key, region ? { region } : {}, type));
      expect(decodeJwt(token)).toMatchObject({ aud: type, region: 'home' });
      if (type === 'batch') expect((await at(server, 'asr2.localhost', token)).status).toBe(200);
    }
  });

  it('is meant by the official client', async () => {
    const { baseUrl, bootstrap } = server;
    const common = { apiKey: bootstrap.api_key, managementPlatformURL: `${baseUrl}/v1` };
    const token = await createSpeechmaticsJWT({ ...common, type: 'batch', clientRef: 'USER123' });
    expect((await at(server, 'asr.localhost', token)).status).toBe(200);
  });

  it('is not meant by a name that no client sends', async () => {
    const mars = await mint(server, server.bootstrap.api_key, { region: 'mars' });
    expect(mars.status).toBe(422);
    expect(mars.text).toContain('region in body should be one of [home eu usa au]');
  });
});

describe('a topology that is wrong stops the start with 78', () => {
  afterAll(tearDown);
  const broken = (from: string, to: string) => oneRegion.replace(from, to);

  it.concurrent.each([
    ['must name a file that is JSON', oneRegion.slice(1)],
    ['is wrong: rt is missing', broken('"rt":{', '"realtime":{')],
    [
      'is wrong: batch.endpoints[1].hosts[0] is asr.localhost, and so is batch.endpoints[0].hosts[0]',
      broken('"asr2"', '"asr"'),
    ],
  ])('%s', async (sentence, content) => {
    expect(await refusal({ PARLEY_TOPOLOGY_FILE: await topologyFile(content) })).toContain(
      `parley: PARLEY_TOPOLOGY_FILE ${sentence}`,
    );
  });

  it('and so does a file that is not there, and a port of an environment that is not in it', async () => {
    const file = await topologyFile(oneRegion);
    expect(await refusal({ PARLEY_TOPOLOGY_FILE: `${file}x` })).toContain(
      `parley: PARLEY_TOPOLOGY_FILE must name a file that is there, not "${file}x"`,
    );
    expect(await refusal({ PARLEY_TOPOLOGY_FILE: file, PARLEY_ENVIRONMENT_PORTS: 'lab2=1,eu1=2' })).toContain(
      'parley: PARLEY_ENVIRONMENT_PORTS must name environments of the topology (LAB1, LAB2), not EU1',
    );
  });
});

/** The output of a server that refuses its settings. */
async function refusal(env: Readonly<Record<string, string>>): Promise<string> {
  const server = await startServer({ env: { PARLEY_ENGINE: 'scripted', ...env } }).catch(
    (error: Error) => error,
  );
  if (!(server instanceof Error)) {
    await server.stop();
    throw new Error('the server started');
  }
  expect(server.message).toMatch(/the server ended with code 78 before it was ready/);
  return server.message;
}
