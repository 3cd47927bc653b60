import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { describe, expect, it } from 'vitest';
import {
  ask,
  ENGLISH,
  endOfJob,
  listJobs,
  mintKey,
  readClip,
  SHORT_CLIP_TEXT,
  submitSpeech,
} from '../helpers/api.ts';
import { killServer, serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { configPart, filePart, formOf, submission } from '../helpers/raw-form.ts';
import type { RunningServer } from '../helpers/server.ts';

/** What was accepted survives the death of the server; what was not leaves nothing behind. */
const start = (dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<RunningServer> =>
  serverOfTest({ dataDir, env: { PARLEY_RATE_SUBMIT: '1000/1000', ...env } });

/** Files of the blob store, relative to its root; those half written are under `.tmp`. */
async function blobs(dataDir: string): Promise<string[]> {
  const root = path.join(dataDir, 'blobs');
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
}

/** Uses the embedded database of a server that is down. */
async function offline<T>(dataDir: string, use: (sql: PGlite) => Promise<T>): Promise<T> {
  const pglite = await PGlite.create(path.join(dataDir, 'postgres'));
  try {
    return await use(pglite);
  } finally {
    await pglite.close();
  }
}

const CLIPS = ['0870', '0880', '0890', '0930'].map(
  (number) => `sense_and_sensibility_01_austen_64kb-${number}.wav`,
);

describe('kill -9', () => {
  /** From the first submission to the kill, in milliseconds: uploading, decoding, recognising; `bench/kills.ts` has more. */
  const MOMENTS_MS = [100, 600, 2_000];

  it('at any moment loses no accepted job and doubles none', { timeout: 240_000 }, async () => {
    const dataDir = temporaryDirectory();
    const accepted = new Map<string, string>();
    let attempts = 0;
    for (const momentMs of MOMENTS_MS) {
      const server = await start(dataDir);
      const { api_key: key } = server.bootstrap;
      const attempted = CLIPS.map(async (clip, index) => {
        await sleep(index * 100 * Math.random());
        const name = `${momentMs}-${index}.wav`;
        attempts += 1;
        accepted.set(await submitSpeech(server, key, { clip, name }), name);
      });
      const settled = Promise.allSettled(attempted);
      await sleep(momentMs * (0.75 + 0.5 * Math.random()));
      await killServer(server);
      await settled;
    }
    expect(accepted.size).toBeGreaterThanOrEqual(CLIPS.length);

    const server = await start(dataDir, { PARLEY_RATE_READ: '1000/1000' });
    const { api_key: key } = server.bootstrap;
    const listed = await listJobs(server, key);
    const nameOf = new Map(listed.map((job) => [job.id, job.data_name]));
    // A job may be in the list whose answer was cut off, but each submission is there once at most.
    expect(listed.length).toBeLessThanOrEqual(attempts);
    expect(nameOf.size).toBe(listed.length);
    expect(new Set(nameOf.values()).size).toBe(listed.length);
    for (const [id, name] of accepted) expect([id, nameOf.get(id)]).toEqual([id, name]);

    for (const { id } of listed) {
      expect(await endOfJob(server, key, id)).toMatchObject({ id, status: 'done' });
      const transcript = await ask(server, `/v2/jobs/${id}/transcript?format=txt`, { key });
      expect(transcript.text).toMatch(/\b(amiable|selfish|young man|power)\b/);
    }
    expect((await listJobs(server, key)).map(({ id }) => id)).toEqual(listed.map(({ id }) => id));
    const files = listed.flatMap(({ id }) =>
      ['audio', 'log.txt', 'manifest.json', 'transcript.json'].map((file) => `eu1/jobs/${id}/${file}`),
    );
    expect((await blobs(dataDir)).toSorted()).toEqual(files.toSorted());
  });
});

describe('a start', () => {
  it('removes files of no job and of deleted ones, and keeps those of jobs', async () => {
    const dataDir = temporaryDirectory();
    const first = await start(dataDir);
    const { api_key: key } = first.bootstrap;
    const ids = [await submitSpeech(first, key), await submitSpeech(first, key)];
    const [kept = '', gone = ''] = ids;
    for (const id of ids) await endOfJob(first, key, id);
    await killServer(first);
    const before = await blobs(dataDir);
    // As if the server had died between the row and the files of a deletion.
    await offline(dataDir, (sql) =>
      sql.query(`update jobs set status = 'deleted', config = null, data_name = '' where job_id = $1`, [
        gone,
      ]),
    );
    for (const orphan of ['eu1/jobs/zzzzzzzzzz/audio', 'eu2/jobs/yyyyyyyyyy/audio', '.tmp/half-written']) {
      const file = path.join(dataDir, 'blobs', orphan);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, 'left over');
    }
    expect(await blobs(dataDir)).toHaveLength(before.length + 3);

    const second = await start(dataDir);
    const remaining = before.filter((file) => file.includes(kept));
    expect(remaining).toHaveLength(4);
    expect((await blobs(dataDir)).toSorted()).toEqual(remaining.toSorted());
    expect((await listJobs(second, key)).map(({ id }) => id)).toEqual([kept]);
    expect((await ask(second, `/v2/jobs/${kept}/transcript`, { key })).status).toBe(200);
    expect((await ask(second, `/v2/jobs/${gone}/transcript`, { key })).status).toBe(410);
  });

  it('rebuilds jobs whose rows power loss has taken, each for its owner, and runs them again', async () => {
    const dataDir = temporaryDirectory();
    const first = await start(dataDir);
    const { api_key: key } = first.bootstrap;
    const mine = await mintKey(first, key, { client_ref: 'USER123', ttl: 3_600 });
    const other = await mintKey(first, key, { client_ref: 'USER456', ttl: 3_600 });
    const config = { ...ENGLISH, tracking: { title: 'Kept', tags: ['b', 'a'] } };
    const id = await submitSpeech(first, mine, { name: 'mine.wav', config });
    const untouched = await submitSpeech(first, other);
    const before = await endOfJob(first, mine, id);
    await endOfJob(first, other, untouched);
    await killServer(first);

    await offline(dataDir, async (sql) => {
      const { affectedRows } = await sql.query('delete from jobs where job_id = $1', [id]);
      expect(affectedRows).toBe(1);
      await sql.query(`delete from pgboss.job where data ->> 'jobId' = $1`, [id]);
    });

    const second = await start(dataDir);
    expect((await listJobs(second, mine)).map((job) => job.id)).toEqual([id]);
    expect(await endOfJob(second, mine, id)).toEqual(before);
    const transcript = await ask(second, `/v2/jobs/${id}/transcript?format=txt`, { key: mine });
    expect(transcript.text.trim()).toBe(SHORT_CLIP_TEXT);
    expect((await ask(second, `/v2/jobs/${id}`, { key: other })).status).toBe(404);
    expect((await listJobs(second, key)).map((job) => job.id).toSorted()).toEqual([id, untouched].toSorted());
  });
});

describe('an upload that is cut off', () => {
  it('leaves neither file nor job, wherever it ends', async () => {
    const dataDir = temporaryDirectory();
    const server = await start(dataDir, { PARLEY_ENGINE: 'scripted' });
    const { api_key: key } = server.bootstrap;
    const audio = await readClip();
    const file = filePart(audio);
    const config = configPart();
    const fileFirst = submission(key, formOf(file, config));
    const configFirst = submission(key, formOf(config, file));
    const ends = (request: Buffer) => {
      const body = request.indexOf('\r\n\r\n') + 4;
      const part = request.indexOf('data_file') + 20;
      const content = request.indexOf('RIFF');
      const last = content + audio.length;
      const places = [
        20,
        body - 3,
        body,
        body + 3,
        part,
        content - 2,
        content,
        content + 30,
        content + 50_000,
      ];
      return [...places, last - 1, last, last + 2, last + 40, request.length - 30, request.length - 3];
    };
    const cuts = [fileFirst, configFirst].flatMap((request) =>
      ends(request)
        .filter((end) => end < request.length)
        .map((end) => request.subarray(0, end)),
    );
    expect(new Set(cuts.map((cut) => cut.length)).size).toBeGreaterThan(15);
    for (const cut of cuts) await sendAndVanish(server, cut);
    await sendAndVanish(server, chunked(key, file.subarray(0, 60_000)));
    await expect.poll(() => blobs(dataDir), { timeout: 20_000 }).toEqual([]);
    expect(await listJobs(server, key, '?include_deleted=true')).toEqual([]);

    // The whole request is a good one: what was missing above was its end and nothing else.
    await sendAndVanish(server, fileFirst, 'answer');
    const [job] = await listJobs(server, key);
    expect(job).toMatchObject({ data_name: 'a.wav' });
    await endOfJob(server, key, job?.id ?? '');
    expect(await server.stop()).toBe(0);
    const rows = await offline(dataDir, (sql) => sql.query('select job_id from jobs'));
    expect(rows.rows).toEqual([{ job_id: job?.id }]);
  });

  it('while the server is killed leaves nothing after the next start', async () => {
    const dataDir = temporaryDirectory();
    const first = await start(dataDir, { PARLEY_ENGINE: 'scripted' });
    const { api_key: key } = first.bootstrap;
    const request = submission(key, formOf(configPart(), filePart(await readClip())));
    const sent = sendAndVanish(first, request.subarray(0, 60_000), 'end');
    await expect.poll(() => blobs(dataDir), { timeout: 20_000 }).toHaveLength(1);
    await killServer(first);
    await sent;
    const second = await start(dataDir, { PARLEY_ENGINE: 'scripted' });
    expect(await blobs(dataDir)).toEqual([]);
    expect(await listJobs(second, key)).toEqual([]);
  });
});

/** The same submission without a length, its end never sent. */
function chunked(key: string, part: Buffer): Buffer {
  const whole = submission(key, part, { headers: [['Transfer-Encoding', 'chunked']] });
  const body = whole.indexOf('\r\n\r\n') + 4;
  const size = Buffer.from(`${(whole.length - body).toString(16)}\r\n`);
  return Buffer.concat([whole.subarray(0, body), size, whole.subarray(body)]);
}

/** Sends bytes, gives the server a moment to take them in, and breaks the connection; or stays for its answer or end. */
function sendAndVanish(server: RunningServer, bytes: Buffer, until?: 'answer' | 'end'): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    if (until === 'answer') socket.on('data', () => socket.destroy());
    socket.write(bytes, async () => {
      await sleep(100);
      if (until === undefined) socket.resetAndDestroy();
    });
  });
}
