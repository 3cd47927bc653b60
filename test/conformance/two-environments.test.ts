import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSpeechmaticsJWT } from '@speechmatics/auth';
import { BatchClient, SpeechmaticsResponseError } from '@speechmatics/batch-client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Address,
  ask,
  endOfJob,
  jobForm,
  listJobs,
  readClip,
  SHORT_CLIP,
  SHORT_CLIP_TEXT,
} from '../helpers/api.ts';
import { freePort } from '../helpers/free-port.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { longRecording } from '../helpers/long-recording.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { configPart, filePart, formOf, submission } from '../helpers/raw-form.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/**
 * EU1 and EU2, each served by a process of its own on one database, with real speech and the unmodified clients of
 * npm. Nodes of one database share the blobs too, for each runs jobs of both environments.
 */
const data = leashedDirectory('parley-two-environments-');
const undo: (() => Promise<unknown>)[] = [() => data.remove()];
afterAll(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

let databaseUrl: string;
let database: pg.Client;
/** The processes behind EU1 and EU2; EU1's will die. */
let doomed: RunningServer;
let survivor: RunningServer;
const env: Record<string, string> = {
  PARLEY_ENGINE_PROCESSES: '1',
  PARLEY_RATE_SUBMIT: '1000/1000',
  PARLEY_RATE_READ: '10000/10000',
  PARLEY_RATE_BAD_CREDENTIALS: '10000/10000',
};
let eu1: Address;
let eu2: Address;

async function start(environment: string, { baseUrl }: Address): Promise<RunningServer> {
  const server = await startServer({
    dataDir: data.path,
    env: { ...env, PARLEY_ENVIRONMENT_PORTS: `${environment}=${new URL(baseUrl).port}` },
  });
  undo.push(() => server.stop());
  return server;
}

const someAddress = async (): Promise<Address> => ({ baseUrl: `http://127.0.0.1:${await freePort()}` });

beforeAll(async () => {
  databaseUrl = await newDatabase();
  const pepperFile = path.join(data.path, 'shared-pepper');
  writeFileSync(pepperFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  Object.assign(env, { PARLEY_DATABASE_URL: databaseUrl, PARLEY_PEPPER_FILE: pepperFile });
  [eu1, eu2] = [await someAddress(), await someAddress()];
  doomed = await start('eu1', eu1);
  survivor = await start('eu2', eu2);
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  undo.push(() => database.end());
  const { operator_token: key, workspace_id } = doomed.bootstrap;
  const terms = { customer_type: 'enterprise', regions: ['eu'], temporary_keys_enabled: true };
  const changed = await ask(doomed, `/v1/operator/workspaces/${workspace_id}?wait=10`, {
    method: 'PATCH',
    key,
    body: JSON.stringify(terms),
  });
  expect(changed.json()).toMatchObject({ workspace: terms, receipt: { complete: true } });
});

const mint = ({ baseUrl }: Address, apiKey: string, clientRef = 'USER123'): Promise<string> =>
  createSpeechmaticsJWT({
    type: 'batch',
    apiKey,
    clientRef,
    ttl: 600,
    managementPlatformURL: `${baseUrl}/v1`,
  });

const client = ({ baseUrl }: Address, apiKey: string): BatchClient =>
  new BatchClient({ apiKey, apiUrl: baseUrl, appId: 'parley-test' });

/** Generous, for jobs wait behind others. */
const LIMIT_MS = 100_000;

async function transcribe(environment: Address, apiKey: string): Promise<string> {
  const input = { data: new Blob([await readClip()]), fileName: SHORT_CLIP };
  const config = { transcription_config: { language: 'en' } } as const;
  const text = await client(environment, apiKey).transcribe(input, config, 'text', LIMIT_MS);
  return String(text).trim();
}

/** Submits to an environment; returns the id it was accepted under. */
async function submit(environment: Address, key: string, audio: Uint8Array<ArrayBuffer>, name: string) {
  const answer = await ask(environment, '/v2/jobs', { method: 'POST', key, body: jobForm(audio, { name }) });
  expect(answer.status).toBe(201);
  return answer.json<{ id: string }>().id;
}

const statusOf = async (environment: Address, key: string): Promise<number> =>
  (await ask(environment, '/v2/jobs?limit=1', { key })).status;

async function createKey(server: RunningServer, name: string): Promise<{ id: string; value: string }> {
  const { management_token: key, project_id } = server.bootstrap;
  const body = JSON.stringify({ project_id, name });
  const answer = await ask(server, '/v1/api-keys', { method: 'POST', key, body });
  const { apikey_id: id, key_value: value } = answer.json<{ apikey_id: string; key_value: string }>();
  return { id, value };
}

async function revoke(server: RunningServer, { id }: { id: string }): Promise<void> {
  const { management_token: key } = server.bootstrap;
  const answer = await ask(server, `/v1/api-keys/${id}?wait=20`, { method: 'DELETE', key });
  expect(answer.json()).toMatchObject({ status: 'OK', receipt: { complete: true } });
}

describe('two environments of one region', () => {
  it('each mint keys, and each takes the keys of both', { timeout: 2 * LIMIT_MS }, async () => {
    const { api_key } = doomed.bootstrap;
    const keys = [api_key, await mint(doomed, api_key, 'USER123'), await mint(survivor, api_key, 'USER456')];
    const calls = [eu1, eu2].flatMap((environment) => keys.map((key) => transcribe(environment, key)));
    expect(await Promise.all(calls)).toEqual(Array(6).fill(SHORT_CLIP_TEXT));
    for (const environment of [eu1, eu2]) expect(await listJobs(environment, api_key)).toHaveLength(3);
  });

  it('know their own jobs alone', async () => {
    const { api_key } = doomed.bootstrap;
    const [own = '', other = ''] = await Promise.all(
      [eu1, eu2].map(async (environment) => (await listJobs(environment, api_key))[0]?.id),
    );
    for (const call of [
      () => client(eu2, api_key).getJob(own),
      () => client(eu2, api_key).getJobResult(own),
      () => client(eu2, api_key).deleteJob(own, true),
      () => client(eu1, api_key).getJob(other),
    ]) {
      const error = await call().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(SpeechmaticsResponseError);
      expect(error).toMatchObject({ response: { code: 404, error: 'Job not found' } });
    }
    expect((await client(eu1, api_key).getJob(own)).job).toMatchObject({ id: own, status: 'done' });
  });
});

/** Asks again and again until it is stopped, and counts the answers by status; 0 is none at all. */
function keepAsking(environment: Address, key: string): () => Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  let asking = true;
  const loop = (async () => {
    while (asking) {
      const status = await statusOf(environment, key).catch(() => 0);
      counts[status] = (counts[status] ?? 0) + 1;
      await sleep(20);
    }
  })();
  return async () => {
    asking = false;
    await loop;
    return counts;
  };
}

/** Sends the first half of a submission; `finish` sends the rest and resolves to all that was answered. */
async function halfUpload({ baseUrl }: Address, key: string, name: string) {
  const request = submission(key, formOf(configPart(), filePart(await readClip(), `filename="${name}"`)));
  const half = request.length / 2;
  const socket: Socket = connect(Number(new URL(baseUrl).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text) => {
    received += text;
  });
  const ended = new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
  await new Promise((resolve) => socket.write(request.subarray(0, half), resolve));
  return {
    ended,
    finish: () => {
      socket.write(request.subarray(half));
      return ended;
    },
  };
}

/** Nodes that hold the lease of a job now. */
async function busyNodes(): Promise<number> {
  const { rows } = await database.query(
    "select distinct split_part(lease_owner, '/', 1) from jobs where lease_owner is not null",
  );
  return rows.length;
}

describe('the death of the process behind one of them', () => {
  it('costs the other nothing, loses no accepted job, and brings no revoked key back', {
    timeout: 240_000,
  }, async () => {
    const { api_key } = doomed.bootstrap;
    const minted = await mint(doomed, api_key);
    const lost = await createKey(doomed, 'revoked while a process is dead');
    const ofLost = await mint(doomed, lost.value);
    for (const environment of [eu1, eu2]) {
      for (const key of [api_key, minted, lost.value, ofLost]) {
        expect(await statusOf(environment, key)).toBe(200);
      }
    }
    const audio = await longRecording({ minutes: 1 });
    /** Every accepted job, by its environment. */
    const accepted = new Map<Address, string[]>();
    for (const environment of [eu1, eu2]) {
      accepted.set(
        environment,
        (await listJobs(environment, api_key)).map(({ id }) => id),
      );
    }
    const add = async (environment: Address, key: string, name: string): Promise<string> => {
      const id = await submit(environment, key, audio, name);
      accepted.get(environment)?.push(id);
      return id;
    };
    const long = [await add(eu1, api_key, 'long-1.wav'), await add(eu2, api_key, 'long-2.wav')];
    const ofUser = await add(eu1, minted, 'user.wav');
    const uploads = [
      await halfUpload(eu1, api_key, 'cut-off.wav'),
      await halfUpload(eu2, minted, 'whole.wav'),
    ];
    const stopAsking = [keepAsking(eu2, api_key), keepAsking(eu2, minted)];
    await expect.poll(busyNodes, { timeout: 20_000, interval: 20 }).toBe(2);

    doomed.kill('SIGKILL');
    expect(await doomed.stop()).toBe(137);
    expect(await uploads[0]?.ended).toBe('');
    await expect(statusOf(eu1, api_key)).rejects.toThrow('fetch failed');

    // An upload that was under way at the survivor is accepted.
    const uploaded = /"id":"([a-z0-9]{10})"/.exec((await uploads[1]?.finish()) ?? '')?.[1] ?? '';
    expect(uploaded).not.toBe('');
    accepted.get(eu2)?.push(uploaded);
    // A key, a temporary key the dead one minted, and a new one: all go on.
    for (const key of [api_key, minted, await mint(survivor, api_key)]) {
      expect(await transcribe(eu2, key)).toBe(SHORT_CLIP_TEXT);
    }
    expect(await endOfJob(eu2, minted, uploaded)).toMatchObject({ status: 'done', data_name: 'whole.wav' });
    expect(await endOfJob(eu2, api_key, long[1] ?? '')).toMatchObject({ status: 'done' });

    // What is created and revoked meanwhile counts, there and then.
    const made = await createKey(survivor, 'made while a process is dead');
    expect(await statusOf(eu2, made.value)).toBe(200);
    await revoke(survivor, lost);
    for (const key of [lost.value, ofLost]) expect(await statusOf(eu2, key)).toBe(401);
    const asked = await Promise.all(stopAsking.map((stop) => stop()));
    for (const counts of asked) {
      expect(Object.keys(counts)).toEqual(['200']);
      expect(counts[200]).toBeGreaterThan(20);
    }

    const reborn = await start('eu1', eu1);
    for (const key of [lost.value, ofLost]) {
      expect(await statusOf(eu1, key)).toBe(401);
      expect(await statusOf(eu2, key)).toBe(401);
    }
    const ofMade = await mint(reborn, made.value);
    for (const key of [api_key, minted, made.value, ofMade]) {
      expect(await statusOf(eu1, key)).toBe(200);
    }
    for (const [id, key] of [
      [long[0] ?? '', api_key],
      [ofUser, minted],
    ] as const) {
      expect(await endOfJob(eu1, key, id)).toMatchObject({ id, status: 'done' });
      const transcript = await ask(eu1, `/v2/jobs/${id}/transcript?format=txt`, { key });
      expect(transcript.text.match(/John Dashwood/g)?.length).toBeGreaterThan(5);
    }

    // Nothing accepted was lost or doubled, and what was cut off is nowhere.
    for (const [environment, ids] of accepted) {
      const transcribed = environment === eu2 ? 3 : 0;
      const listed = await listJobs(environment, api_key);
      expect(listed).toHaveLength(ids.length + transcribed);
      expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
      expect(new Set(listed.map(({ status }) => status))).toEqual(new Set(['done']));
      expect(listed.map(({ data_name }) => data_name)).not.toContain('cut-off.wav');
    }
    expect(reborn.logs().join('\n')).not.toContain('"level":50');
    expect(survivor.logs().join('\n')).not.toContain('"level":50');
  });
});
