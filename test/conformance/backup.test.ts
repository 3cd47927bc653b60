import { copyFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, createApiKey, endOfJob, mintKey, readClip, submitSpeech } from '../helpers/api.ts';
import { type Dump, dumpTables } from '../helpers/dump.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { parleyIn } from '../helpers/parley.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { query } from '../helpers/query.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** An installation with the embedded database is backed up, and goes on with a PostgreSQL server. */
const CONFIG =
  '{"type":"transcription",  "transcription_config":{"language":"en"},"tracking":{"title":"as\\u0020it was"}}';
const place = leashedDirectory('parley-backup-');
const inPlace = (name: string) => path.join(place.path, name);
const BACKUP = inPlace('backup.tar.gz');

let original: RunningServer;
let originalDirectory: string;
let jobId: string;
let temporaryKey: string;
let secondKey: string;

beforeAll(async () => {
  originalDirectory = inPlace('original');
  original = await startServer({ dataDir: originalDirectory, env: { PARLEY_ENGINE: 'scripted' } });
  const { api_key: key } = original.bootstrap;
  temporaryKey = await mintKey(original, key, { client_ref: 'USER1' });
  secondKey = await createApiKey(original, { name: 'second' });
  jobId = await submitSpeech(original, temporaryKey, { config: JSON.parse(CONFIG) });
  await endOfJob(original, key, jobId);
});
afterAll(async () => {
  await original?.stop();
  await place.remove();
});

/** An empty directory, with the pepper of the original installation. */
async function newDirectory(name: string): Promise<string> {
  await mkdir(inPlace(name));
  await copyFile(path.join(originalDirectory, 'pepper'), path.join(inPlace(name), 'pepper'));
  return inPlace(name);
}

const settings = (directory: string, url?: string) => ({
  PARLEY_DATA_DIR: directory,
  ...(url !== undefined && { PARLEY_DATABASE_URL: url }),
});

async function dumpOf(url: string): Promise<Dump> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { migrations: _made, nodes: _gone, control_heartbeat: _beat, ...kept } = await dumpTables(client);
    // The numbers of changes go on elsewhere in each copy.
    return {
      ...kept,
      identity_head: kept.identity_head?.map((row) => row.replace(/"lineage":"[^"]*"/, '')) ?? [],
    };
  } finally {
    await client.end();
  }
}

async function showsEverything(server: RunningServer): Promise<void> {
  const { api_key: key, management_token, operator_token } = original.bootstrap;
  for (const as of [key, temporaryKey, secondKey]) {
    const job = await ask(server, `/v2/jobs/${jobId}`, { key: as });
    expect(job.json()).toMatchObject({ job: { id: jobId, status: 'done', config: JSON.parse(CONFIG) } });
  }
  const transcript = await ask(server, `/v2/jobs/${jobId}/transcript`, { key });
  expect(transcript.json()).toMatchObject({ job: { id: jobId } });
  const data = await fetch(`${server.baseUrl}/v2/jobs/${jobId}/data`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(new Uint8Array(await data.arrayBuffer())).toEqual(await readClip());
  const log = await ask(server, '/v1/operator/audit/verify', { key: operator_token });
  expect([log.status, log.json()]).toEqual([200, expect.objectContaining({ ok: true })]);
  const project = await ask(server, '/v1/projects', {
    method: 'POST',
    key: management_token,
    body: JSON.stringify({ name: 'made after' }),
  });
  expect([project.status, project.json<{ project_id: number }>().project_id]).toEqual([201, 2]);
}

it('is not backed up while it runs, because its database has one process', async () => {
  const { code, err } = await parleyIn(settings(originalDirectory), 'backup', BACKUP);
  expect([code, err]).toEqual([2, expect.stringContaining('is in use by another process')]);
  await original.stop();
  expect(await parleyIn(settings(originalDirectory), 'backup', BACKUP)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/holds \d+ rows and 4 files/),
  });
  expect((await readFile(BACKUP)).includes(original.bootstrap.api_key)).toBe(false);
});

describe('a backup', () => {
  it('is never written over another file', async () => {
    const before = await readFile(BACKUP);
    const { code, err } = await parleyIn(settings(originalDirectory), 'backup', BACKUP);
    expect([code, err]).toEqual([2, expect.stringContaining('exists already')]);
    expect(await readFile(BACKUP)).toEqual(before);
    expect((await readdir(place.path)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('goes on in another directory', async () => {
    const directory = await newDirectory('embedded');
    expect(await parleyIn(settings(directory), 'restore', BACKUP)).toMatchObject({ code: 0 });
    const server = await startServer({
      dataDir: directory,
      bootstrap: original.bootstrap,
      env: { PARLEY_ENGINE: 'scripted' },
    });
    try {
      await showsEverything(server);
    } finally {
      await server.stop();
    }
  });

  it('goes on with a PostgreSQL server, which is backed up while it works, row by row the same', async () => {
    const [directory, url] = [await newDirectory('moved'), await newDatabase()];
    expect(await parleyIn(settings(directory, url), 'restore', BACKUP)).toMatchObject({ code: 0 });
    const server = await startServer({
      bootstrap: original.bootstrap,
      env: { PARLEY_ENGINE: 'scripted', ...settings(directory, url) },
    });
    try {
      await showsEverything(server);
      const live = inPlace('live.tar.gz');
      expect(await parleyIn(settings(directory, url), 'backup', live)).toMatchObject({ code: 0 });
      expect(await parleyIn(settings(directory, url), 'restore', live)).toMatchObject({
        code: 2,
        err: expect.stringContaining('a server runs on this database'),
      });
    } finally {
      await server.stop();
    }
    const still = inPlace('still.tar.gz');
    expect(await parleyIn(settings(directory, url), 'backup', still)).toMatchObject({ code: 0 });
    expect(await parleyIn(settings(directory, url), 'restore', still)).toMatchObject({
      code: 2,
      err: expect.stringContaining('in use already'),
    });
    const [again, secondUrl] = [await newDirectory('again'), await newDatabase()];
    await copyFile(path.join(directory, 'blobs.id'), path.join(again, 'blobs.id'));
    expect(await parleyIn(settings(again, secondUrl), 'restore', still)).toMatchObject({ code: 0 });
    expect(await dumpOf(secondUrl)).toEqual(await dumpOf(url));
    // The next change is told from one that was made after the backup.
    expect(await query(secondUrl, 'select lineage from identity_head')).toEqual([{ lineage: 'restored' }]);
  });
});

describe('what is no backup of this installation', () => {
  async function refused(name: string, change: (directory: string) => Promise<string>): Promise<string> {
    const [directory, url] = [await newDirectory(name), await newDatabase()];
    const file = await change(directory);
    const { code, err } = await parleyIn(settings(directory, url), 'restore', file);
    expect(code).toBe(2);
    const { workspaces = [], jobs = [] } = await dumpOf(url).catch(() => ({}) as Dump);
    expect([...workspaces, ...jobs]).toEqual([]);
    return err;
  }

  it('is refused without its pepper', async () => {
    const err = await refused('pepperless', async (directory) => {
      await writeFile(path.join(directory, 'pepper'), `${'0'.repeat(64)}\n`);
      return BACKUP;
    });
    expect(err).toContain('the pepper file is not the one of the backup');
  });

  it.each([0.3, 0.9, 0.999])('is refused when only %d of it is there', async (share) => {
    const err = await refused(`cut-${share}`, async (directory) => {
      const cut = path.join(directory, 'cut.tar.gz');
      await copyFile(BACKUP, cut);
      await truncate(cut, Math.floor((await readFile(BACKUP)).length * share));
      return cut;
    });
    expect(err).toContain('is no whole backup');
  });

  it('is refused when it is something else', async () => {
    const err = await refused('text', async (directory) => path.join(directory, 'pepper'));
    expect(err).toContain('is no whole backup');
    expect(await refused('absent', async (directory) => path.join(directory, 'nothing'))).toContain(
      'is no whole backup',
    );
  });
});
