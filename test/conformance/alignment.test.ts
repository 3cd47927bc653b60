import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReferenceTimes } from '../fixtures/speech/clips.ts';
import {
  type Answer,
  ask,
  ENGLISH,
  endOfJob,
  mintKey,
  readClip,
  SHORT_CLIP,
  SHORT_CLIP_TEXT,
} from '../helpers/api.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const ALIGNMENT = { type: 'alignment', alignment_config: { language: 'en' } };

let server: RunningServer;
let database: pg.Client;
let key: string;

interface Form {
  readonly text?: string | Uint8Array<ArrayBuffer>;
  readonly name?: string;
  readonly config?: object;
  readonly isTextFirst?: boolean;
}

async function submit({ text, name = 'words.txt', config = ALIGNMENT, isTextFirst }: Form): Promise<Answer> {
  const form = new FormData();
  const addText = () => text !== undefined && form.append('text_file', new Blob([text]), name);
  if (isTextFirst) addText();
  form.append('config', JSON.stringify(config));
  form.append('data_file', new Blob([await readClip()]), 'speech.wav');
  if (!isTextFirst) addText();
  return ask(server, '/v2/jobs', { method: 'POST', key, body: form });
}

async function align(form: Form): Promise<string> {
  const answer = await submit(form);
  expect(answer, answer.text).toMatchObject({ status: 201 });
  const { id } = answer.json<{ id: string }>();
  expect(await endOfJob(server, key, id)).toMatchObject({ status: 'done' });
  return id;
}

const get = (id: string, suffix = '') => ask(server, `/v2/jobs/${id}${suffix}`, { key });

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  server = await startServer({
    env: { PARLEY_FETCH_ALLOW: '127.0.0.1', PARLEY_DATABASE_URL: databaseUrl },
  });
  key = server.bootstrap.api_key;
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await server?.stop();
});

describe('an alignment job', () => {
  const text = `<h1>${SHORT_CLIP_TEXT.replace('been', '<!-- > -->\r\nbeen')}</h1>\r\n`;
  let id: string;
  beforeAll(async () => {
    id = await align({ text });
  });

  it('is described with its text', async () => {
    const { job } = (await get(id)).json<{ job: object }>();
    expect(job).toMatchObject({
      status: 'done',
      data_name: 'speech.wav',
      text_name: 'words.txt',
      config: ALIGNMENT,
    });
  });

  it('gives the text back as it was sent', async () => {
    const answer = await get(id, '/text');
    expect(answer).toMatchObject({ status: 200, text });
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('says by default when each word is spoken, and changes nothing else', async () => {
    const answer = await get(id, '/alignment');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect((await get(id, '/alignment?tags=word_start_and_end')).text).toBe(answer.text);
    expect(answer.text.replaceAll(/<time=\d+\.\d\d>/g, '')).toBe(text);
    const found = [...answer.text.matchAll(/<time=([\d.]+)>([^<]+)<time=([\d.]+)>/g)];
    expect(found.map(([, , word]) => word)).toEqual(SHORT_CLIP_TEXT.split(' '));
    const spoken = readReferenceTimes()[SHORT_CLIP] ?? [];
    found.forEach(([, start, , end], at) => {
      expect(Number(end)).toBeGreaterThan(Number(start));
      expect(Math.abs(Number(start) - (spoken[at]?.startSeconds ?? Number.NaN))).toBeLessThan(0.2);
    });
  });

  it('says when each line begins', async () => {
    const answer = await get(id, '/alignment?tags=one_per_line');
    expect(answer.text.split('\r\n')).toEqual([
      expect.stringMatching(/^\[00:00:00\.\d\] <h1>He might even have <!-- > -->$/),
      expect.stringMatching(/^\[00:00:0[01]\.\d\] been made amiable himself\.<\/h1>$/),
      '',
    ]);
  });

  it('is usage of a type of its own', async () => {
    await database.query('update usage_daily set day = day - 1');
    const usage = (await ask(server, '/v2/usage', { key })).json<{ summary: object[] }>();
    expect(usage.summary).toEqual([
      { mode: 'batch', type: 'alignment', count: 1, duration_hrs: expect.closeTo(4 / 3_600, 9) },
    ]);
  });

  it('has no transcript, and a transcription no alignment', async () => {
    const transcript = await get(id, '/transcript');
    expect(transcript).toMatchObject({
      status: 404,
      text: '{"code":404,"error":"Job is not of type transcription"}',
    });
    const form = new FormData();
    form.append('config', JSON.stringify(ENGLISH));
    form.append('data_file', new Blob([await readClip()]), 'speech.wav');
    const other = await ask(server, '/v2/jobs', { method: 'POST', key, body: form });
    const { id: transcription } = other.json<{ id: string }>();
    await endOfJob(server, key, transcription);
    for (const suffix of ['/text', '/alignment', '/alignment?tags=one_per_line']) {
      expect(await get(transcription, suffix)).toMatchObject({
        status: 404,
        text: '{"code":404,"error":"Job is not of type alignment"}',
      });
    }
    const urls = await get(id, '/object-urls?ttl=60&url_for=data,transcript');
    expect(Object.keys(urls.json())).toEqual(['data']);
  });

  it('knows no other tags', async () => {
    expect((await get(id, '/alignment?tags=both')).status).toBe(422);
  });

  it('is logged as one', async () => {
    const log = (await get(id, '/log')).text;
    expect(log).toMatch(/alignment started: 8 words, 4 s of audio/);
    expect(log).toMatch(/alignment ended: 8 words were heard/);
  });

  it('loses text and alignment when it is deleted', async () => {
    const gone = await align({ text: 'He might', isTextFirst: true });
    await ask(server, `/v2/jobs/${gone}`, { method: 'DELETE', key });
    for (const suffix of ['/text', '/alignment']) {
      expect((await get(gone, suffix)).json()).toMatchObject({ code: 410, error: 'File Expired' });
    }
    expect((await get(gone)).text).not.toContain('words.txt');
  });

  it('answers a submission that waits with its status alone', async () => {
    const form = new FormData();
    form.append('text_file', new Blob([SHORT_CLIP_TEXT]), 'words.txt');
    form.append('data_file', new Blob([await readClip()]), 'speech.wav');
    form.append('config', JSON.stringify(ALIGNMENT));
    const answer = await ask(server, '/v2/jobs?wait=60', { method: 'POST', key, body: form });
    expect(answer.json()).toEqual({ id: expect.any(String), status: 'done' });
  });
});

describe('an alignment of a text that is elsewhere', () => {
  const received: { path: string; body: string }[] = [];
  const elsewhere = createServer(async (request, response) => {
    const body = (await buffer(request)).toString();
    if (request.method === 'POST') received.push({ path: request.url ?? '', body });
    response.end(request.url === '/words' ? SHORT_CLIP_TEXT : Buffer.of(0xff));
  });
  let url: string;
  beforeAll(async () => {
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    url = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  });
  afterAll(() => elsewhere.close());

  it('is made once it is fetched, and brought by callbacks', async () => {
    const notification_config = [
      { url: `${url}/plain` },
      { url: `${url}/lines`, contents: ['alignment.one_per_line'] },
    ];
    const id = await align({
      config: { ...ALIGNMENT, fetch_text: { url: `${url}/words` }, notification_config },
    });
    const aligned = (await get(id, '/alignment')).text;
    expect(aligned.replaceAll(/<time=[\d.]+>/g, '')).toBe(SHORT_CLIP_TEXT);
    expect((await get(id, '/text')).text).toBe(SHORT_CLIP_TEXT);
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(2);
    const bodyOf = (path: string) => received.find((one) => one.path.startsWith(path))?.body;
    expect(bodyOf('/plain')).toContain(`name="data_file"; filename="${id}.txt"`);
    expect(bodyOf('/plain')).toContain(aligned);
    expect(bodyOf('/lines')).toBe((await get(id, '/alignment?tags=one_per_line')).text);
  });

  it('is rejected when it is no text', async () => {
    const answer = await submit({ config: { ...ALIGNMENT, fetch_text: { url: `${url}/bytes` } } });
    const { id } = answer.json<{ id: string }>();
    const { status, errors } = await endOfJob(server, key, id);
    expect({ status, errors }).toMatchObject({
      status: 'rejected',
      errors: [{ message: expect.stringContaining('not UTF-8') }],
    });
    expect((await get(id, '/alignment')).json()).toMatchObject({ code: 404, error: 'Job rejected' });
  });
});

describe('a submission', () => {
  it.each([
    ['without text', {}, 400, 'Missing text_file'],
    ['with an empty text', { text: '' }, 400, 'Job rejected due to invalid text'],
    ['with nothing but markup', { text: ' <a> <!-- b --> ' }, 400, 'Job rejected due to invalid text'],
    [
      'with bytes that are no UTF-8',
      { text: Uint8Array.of(65, 0xff) },
      400,
      'Job rejected due to invalid text',
    ],
    [
      'with UTF-16',
      { text: new Uint8Array(Buffer.from('\ufeffHe', 'utf16le')) },
      400,
      'Job rejected due to invalid text',
    ],
    ['with a million words', { text: 'a '.repeat(1_000_000) }, 400, 'Job rejected due to invalid text'],
    ['with more than 10 MB', { text: 'a'.repeat(10_000_001) }, 413, 'Bad Request'],
    ['without alignment_config', { text: 'a', config: { type: 'alignment' } }, 400, 'Job rejected'],
    [
      'without a language',
      { text: 'a', config: { type: 'alignment', alignment_config: {} } },
      400,
      'No language selected',
    ],
    [
      'in a language nobody has',
      { text: 'a', config: { type: 'alignment', alignment_config: { language: 'xx' } } },
      400,
      'Requested product not available',
    ],
    ['of a transcription with a text', { text: 'a', config: ENGLISH }, 400, 'Job rejected'],
    [
      'with a text that is also fetched',
      { text: 'a', config: { ...ALIGNMENT, fetch_text: { url: 'https://example.com/' } } },
      400,
      'Job rejected',
    ],
  ])('%s is refused', async (_, form, status, error) => {
    const before = await ask(server, '/v2/jobs', { key });
    const answer = await submit(form);
    expect(answer.json()).toMatchObject({ code: status, error });
    expect((await ask(server, '/v2/jobs', { key })).text).toBe(before.text);
  });

  it.each([
    ['NULs', 'He\0 \0 might'],
    ['one word of 10 MB', 'x'.repeat(10_000_000)],
    ['markup never closed', `He might <even ${'<!-- '.repeat(10_000)}`],
    ['20,000 words', 'might '.repeat(20_000)],
    ['other scripts', 'Он мог 彼は even 🦔 \u0301'],
  ])('with %s ends, the text unchanged', async (_, text) => {
    const id = await align({ text });
    const aligned = await get(id, '/alignment');
    expect(aligned.text.replaceAll(/<time=\d+\.\d\d>/g, '') === text).toBe(true);
    const times = [...aligned.text.matchAll(/<time=(\d+\.\d\d)>/g)].map(([, time]) => Number(time));
    expect(times.every((time, at) => at === 0 || time >= (times[at - 1] ?? 0))).toBe(true);
    expect(times.at(-1)).toBeLessThan(4);
    expect((await get(id, '/text')).text === text).toBe(true);
  });

  it('keeps a hostile name out of headers and answers', async () => {
    const id = await align({ text: 'He', name: 'a"\r\nx: y\u0000.txt' });
    expect((await get(id)).status).toBe(200);
    expect((await get(id, '/text')).headers.get('x')).toBeNull();
  });

  it('may not choose a language that the key has locked', async () => {
    const locked = await mintKey(server, key, { limits: { lock: { language: 'fr' } } });
    const form = new FormData();
    form.append('config', JSON.stringify(ALIGNMENT));
    const answer = await ask(server, '/v2/jobs', { method: 'POST', key: locked, body: form });
    expect(answer.json()).toMatchObject({
      code: 403,
      detail: expect.stringContaining('alignment_config.language'),
    });
  });
});
