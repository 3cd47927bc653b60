import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  endOfJob,
  listJobs,
  mintKey,
  SHORT_CLIP_TEXT,
  submitSpeech,
  type WireJob,
} from '../helpers/api.ts';
import { freePort } from '../helpers/free-port.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { selfSigned } from '../helpers/self-signed.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** What an operator relies on: start, stop, files and settings. */
/** For tests that are not about speech: starts faster. */
const startQuick = (env: Readonly<Record<string, string>> = {}, dataDir?: string) =>
  serverOfTest({ env: { PARLEY_ENGINE: 'scripted', ...env }, ...(dataDir !== undefined && { dataDir }) });

/** The output of a server that refuses to start. */
async function refusal(env: Readonly<Record<string, string>>, dataDir?: string): Promise<string> {
  const options = { env: { PARLEY_ENGINE: 'scripted', ...env }, ...(dataDir !== undefined && { dataDir }) };
  const server = await startServer(options).catch((error: Error) => error);
  if (!(server instanceof Error)) {
    await server.stop();
    throw new Error('the server started');
  }
  expect(server.message).toMatch(/the server ended with code [1-9]\d* before it was ready/);
  return server.message;
}

describe('the first start', () => {
  let dataDir: string;
  let first: RunningServer;
  let removeDirectory: () => Promise<void>;
  beforeAll(async () => {
    const made = leashedDirectory('parley-data-');
    dataDir = made.path;
    removeDirectory = made.remove;
    await chmod(dataDir, 0o755); // as an operator may have made it
    first = await startServer({ env: { PARLEY_ENGINE: 'scripted' }, dataDir });
    expect(await first.stop()).toBe(0);
  });
  afterAll(() => removeDirectory());

  const file = () => path.join(dataDir, 'bootstrap.json');

  it('writes the first credentials to a file for its owner alone', async () => {
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({
      api_key: expect.stringMatching(/^ply_[0-9A-Za-z]{39}$/),
      management_token: expect.stringMatching(/^plym_[0-9A-Za-z]{39}$/),
      operator_token: expect.stringMatching(/^plyo_[0-9A-Za-z]{39}$/),
      project_id: expect.any(Number),
      workspace_id: expect.stringMatching(/^ws_\w+$/),
    });
    expect(((await stat(file())).mode & 0o777).toString(8)).toBe('600');
  });

  it.each(['pepper', 'bootstrap.json', 'postgres', 'blobs'])('keeps %s from other users', async (name) => {
    const { mode } = await stat(path.join(dataDir, name));
    expect((mode & 0o077).toString(8)).toBe('0');
  });

  it('is the only one: a later start changes nothing and makes no further credentials', async () => {
    const written = await stat(file());
    const second = await startServer({ env: { PARLEY_ENGINE: 'scripted' }, dataDir });
    expect(second.bootstrap).toEqual(first.bootstrap);
    expect(await stat(file())).toMatchObject({ mtimeMs: written.mtimeMs, ino: written.ino });
    const { api_key, management_token } = first.bootstrap;
    expect((await ask(second, '/v2/jobs', { key: api_key })).status).toBe(200);
    expect((await ask(second, '/v1/api-keys', { key: management_token })).json()).toHaveLength(1);
    expect(await second.stop()).toBe(0);

    await rm(file());
    // The helper wants to read the file, which must not have come back.
    await expect(startQuick({}, dataDir)).rejects.toThrow(/ENOENT.*bootstrap\.json/);
  });
});

it('a data directory and a port each take one server at a time', async () => {
  const first = await startQuick({}, temporaryDirectory());
  expect(await refusal({}, first.dataDir)).toMatch(/^parley: .*is in use by another process/m);
  const { port } = new URL(first.baseUrl);
  expect(await refusal({ PARLEY_PORT: port })).toMatch(new RegExp(`^parley: .*\\b${port}\\b`, 'm'));
  expect((await ask(first, '/v2/jobs', { key: first.bootstrap.api_key })).status).toBe(200);
});

describe('bad configuration stops the start and names the setting', () => {
  const file = '/no/such/file';

  it.concurrent.each([
    ['PARLEY_PORT', { PARLEY_PORT: 'eighty' }],
    ['PARLEY_PROT', { PARLEY_PROT: '8080' }],
    ['PARLEY_ENGINE', { PARLEY_ENGINE: 'another' }],
    ['PARLEY_RATE_SUBMIT', { PARLEY_RATE_SUBMIT: 'fast' }],
    ['PARLEY_ENVIRONMENT_PORTS', { PARLEY_ENVIRONMENT_PORTS: 'eu9=8081' }],
    ['PARLEY_TLS_KEY', { PARLEY_TLS_CERT: import.meta.filename }],
    ['PARLEY_TLS_CERT', { PARLEY_TLS_CERT: file, PARLEY_TLS_KEY: file }],
    ['PARLEY_FFMPEG', { PARLEY_FFMPEG: file }],
    ['PARLEY_PEPPER_FILE', { PARLEY_PEPPER_FILE: '/dev/null' }],
    ['PARLEY_DATABASE_URL', { PARLEY_DATABASE_URL: 'mysql://127.0.0.1/parley' }],
    ['PARLEY_TRUSTED_PROXIES', { PARLEY_TRUSTED_PROXIES: 'the one in front' }],
    ['PARLEY_HOST', { PARLEY_HOST: '0.0.0.0' }],
    ['PARLEY_HOST', { PARLEY_HOST: '::' }],
    ['PARLEY_HOST', { PARLEY_HOST: 'example.org' }],
  ])('%s in %j', async (name, env) => {
    expect(await refusal(env)).toMatch(new RegExp(`^parley: .*\\b${name}\\b`, 'm'));
  });
});

it('a public address is taken with PARLEY_ALLOW_PLAINTEXT=1', async () => {
  const server = await startQuick({ PARLEY_HOST: '0.0.0.0', PARLEY_ALLOW_PLAINTEXT: '1' });
  expect((await ask(server, '/health/live')).status).toBe(200);
});

describe('TLS', () => {
  it('is spoken on every port, with the certificate given, and nothing else is', async () => {
    const folder = temporaryDirectory();
    const { cert, key } = selfSigned();
    const [certFile, keyFile] = [path.join(folder, 'cert.pem'), path.join(folder, 'key.pem')];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key, { mode: 0o600 });
    const port = await freePort();
    const server = await startQuick({
      PARLEY_TLS_CERT: certFile,
      PARLEY_TLS_KEY: keyFile,
      PARLEY_HOST: '0.0.0.0',
      PARLEY_ENVIRONMENT_PORTS: `eu1=${port}`,
    });
    expect(server.baseUrl).toMatch(/^https:/);
    for (const one of [Number(new URL(server.baseUrl).port), port]) {
      for (const upgrade of ['', 'h2c']) {
        const key = server.bootstrap.api_key;
        expect(await getTrusting(cert, one, '/v2/jobs', { key, upgrade })).toEqual({ jobs: [] });
      }
      await expect(fetch(`https://127.0.0.1:${one}/health/live`)).rejects.toThrow();
      await expect(fetch(`http://127.0.0.1:${one}/health/live`)).rejects.toThrow();
    }
  });
});

/** @param upgrade another protocol that is asked for in passing */
function getTrusting(
  ca: string,
  port: number,
  target: string,
  { key, upgrade }: { key: string; upgrade: string },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const wish = upgrade !== '' && { connection: 'Upgrade', upgrade };
    const headers = { authorization: `Bearer ${key}`, ...wish };
    request({ host: '127.0.0.1', servername: 'localhost', port, path: target, headers, ca })
      .on('response', (response) => resolve(json(response)))
      .on('error', reject)
      .end();
  });
}

describe('PARLEY_ENVIRONMENT_PORTS', () => {
  it('gives environments ports of their own, and a job is known in its environment only', async () => {
    const [eu1, eu2, us1] = [await freePort(), await freePort(), await freePort()];
    const contact = 'help@example.test';
    const server = await serverOfTest({
      env: { PARLEY_ENVIRONMENT_PORTS: `eu1=${eu1},eu2=${eu2},us1=${us1}`, PARLEY_SUPPORT_CONTACT: contact },
    });
    const { api_key: key } = server.bootstrap;
    const at = (port: number) => ({ baseUrl: `http://127.0.0.1:${port}` });
    const id = await submitSpeech(at(eu1), key);
    expect(await endOfJob(at(eu1), key, id)).toMatchObject({ status: 'done' });
    // The common port leads to the default environment of batch, EU1.
    expect((await ask(server, `/v2/jobs/${id}`, { key })).status).toBe(200);
    expect((await listJobs(server, key)).map((job: WireJob) => job.id)).toEqual([id]);

    // The workspace made at the first start is on-demand, and EU2 is for enterprise customers.
    for (const target of [`/v2/jobs/${id}`, '/v2/jobs', `/v2/jobs/${id}/transcript`]) {
      const answer = await ask(at(eu2), target, { key });
      expect(answer.status).toBe(403);
      expect(answer.json()).toEqual({
        code: 403,
        error: 'Forbidden',
        detail: `this endpoint is not available to on-demand customers; contact ${contact}`,
      });
    }
    // The region of US1 does not know its key.
    const elsewhere = await ask(at(us1), `/v2/jobs/${id}`, { key });
    expect(elsewhere.text).toBe('{"code":401,"error":"Permission Denied"}');
    // The host name does not talk a port out of its environment.
    expect((await ask(at(eu2), '/v2/jobs', { key: 'junk' })).status).toBe(401);
    expect((await ask(at(eu2), '/health/live')).status).toBe(200);
  });
});

describe('PARLEY_DATABASE_URL', () => {
  let databaseUrl: string;

  it('serves the same main job from PostgreSQL, and finds everything there again', async () => {
    databaseUrl = await newDatabase();
    const env = { PARLEY_DATABASE_URL: databaseUrl };
    const dataDir = temporaryDirectory();
    const first = await startServer({ env, dataDir });
    const { api_key: key } = first.bootstrap;
    const mine = await mintKey(first, key, { client_ref: 'USER123' });
    const other = await mintKey(first, key, { client_ref: 'USER456' });
    const id = await submitSpeech(first, mine);
    expect(await endOfJob(first, mine, id)).toMatchObject({ status: 'done', data_name: 'recording.wav' });
    const transcript = await ask(first, `/v2/jobs/${id}/transcript?format=txt`, { key: mine });
    expect(transcript.text.trim()).toBe(SHORT_CLIP_TEXT);
    expect((await ask(first, `/v2/jobs/${id}`, { key: other })).status).toBe(404);
    expect((await ask(first, '/v2/jobs')).status).toBe(401);
    expect(await first.stop()).toBe(0);
    await expect(stat(path.join(dataDir, 'postgres'))).rejects.toThrow('ENOENT');

    const second = await serverOfTest({ env, dataDir });
    expect(second.bootstrap).toEqual(first.bootstrap);
    expect((await listJobs(second, mine)).map((job) => job.id)).toEqual([id]);
    expect((await listJobs(second, other)).length).toBe(0);
    expect((await ask(second, `/v2/jobs/${id}/transcript?format=txt`, { key })).text).toBe(transcript.text);
    expect((await ask(second, `/v2/jobs/${id}`, { method: 'DELETE', key: mine })).status).toBe(200);
  });
});
