import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, endOfJob, jobForm, mintKey, readClip, SHORT_CLIP_TEXT, submitSpeech } from '../helpers/api.ts';
import { rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/**
 * A run with as many kinds of requests and errors as the API knows, after which no line of the log, at its most
 * talkative, may hold what is secret or somebody's own.
 */
const CANARY = 'canary7f3a91';

let server: RunningServer;
/** Each secret by what it is. */
const secrets = new Map<string, string>();
let lines: string[];

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_LOG_LEVEL: 'trace' } });
  const { api_key, management_token, operator_token } = server.bootstrap;
  const batch = await mintKey(server, api_key, { client_ref: 'USER123' });
  const rt = await mintKey(server, api_key, { type: 'rt' });
  const [, claims = '', signature = ''] = batch.split('.');
  const unknownKey = `ply_${CANARY}${'x'.repeat(27)}`;
  for (const [name, secret] of Object.entries({
    'API key': api_key.slice(4),
    'management token': management_token.slice(5),
    'operator token': operator_token.slice(5),
    'claims of a temporary key': claims,
    'signature of a temporary key': signature,
    'real-time key': rt,
    'name of a file, a tag, or a wrong key': CANARY,
    ...Object.fromEntries(SHORT_CLIP_TEXT.match(/\w{6,}/g)?.map((word) => [`the word ${word}`, word]) ?? []),
  })) {
    secrets.set(name, secret);
  }
  await useEverything({ api_key, management_token, batch, rt, unknownKey });
  expect(await server.stop()).toBe(0);
  lines = server.logs();
});
afterAll(() => server.stop());

interface Keys {
  readonly api_key: string;
  readonly management_token: string;
  readonly batch: string;
  readonly rt: string;
  readonly unknownKey: string;
}

async function useEverything({ api_key, management_token, batch, rt, unknownKey }: Keys): Promise<void> {
  const name = `${CANARY}.wav`;
  const config = {
    type: 'transcription',
    transcription_config: { language: 'en' },
    tracking: { title: CANARY, tags: [CANARY], details: { [CANARY]: CANARY } },
  };
  const id = await submitSpeech(server, batch, { name, config });
  await endOfJob(server, batch, id);
  for (const format of ['json-v2', 'txt', 'srt']) {
    await ask(server, `/v2/jobs/${id}/transcript?format=${format}`, { key: batch });
  }
  await ask(server, '/v2/jobs', { key: batch });

  const post = (key: string, form: FormData) => ask(server, '/v2/jobs', { method: 'POST', key, body: form });
  const speech = await readClip();
  const noAudio = new Uint8Array(Buffer.from(`${CANARY} is no audio`));
  const refusals = [
    await post(batch, jobForm(noAudio, { name })),
    await post(batch, jobForm(speech.slice(0, 60), { name })),
    await post(batch, jobForm(speech, { name, config: { type: CANARY } })),
    await post(
      batch,
      jobForm(speech, { name, config: { ...config, transcription_config: { language: CANARY } } }),
    ),
    await post(rt, jobForm(speech, { name })),
    await post(unknownKey, jobForm(speech, { name })),
    await ask(server, `/v2/jobs/${CANARY}`, { key: batch }),
    await ask(server, `/v2/jobs?limit=${CANARY}`, { key: batch }),
    await ask(server, `/v2/jobs?jwt=${batch}&api_key=${api_key}`),
    await ask(server, `/${CANARY}/${batch}`),
    await ask(server, `/v2/${CANARY}`, { key: management_token }),
    await ask(server, '/v2/jobs', { headers: { authorization: `Basic ${api_key}` } }),
    await ask(server, '/v2/jobs', { headers: { authorization: `Bearer ${batch} ${api_key}` } }),
    await ask(server, '/v2/jobs', { key: `${batch.slice(0, -2)}xx` }),
    await ask(server, '/v1/api_keys', { method: 'POST', key: batch, body: JSON.stringify({ ttl: 60 }) }),
    await ask(server, '/v1/api_keys', {
      method: 'POST',
      key: api_key,
      body: `{"ttl":60,"client_ref":"${CANARY}`,
    }),
    await ask(server, '/v1/api_keys', {
      method: 'POST',
      key: api_key,
      body: JSON.stringify({ [CANARY]: CANARY }),
    }),
    await ask(server, `/v1/api-keys/${CANARY}`, { method: 'DELETE', key: management_token }),
  ];
  expect(refusals.filter(({ status }) => status < 400)).toEqual([]);
  await rawAnswer(server, `GET /${CANARY} HTTP/1.1\r\n${api_key}\r\n\r\n`);
  await rawAnswer(server, requestHead('GET', `/v2/%zz${CANARY}`, [['Authorization', `Bearer ${api_key}`]]));

  // A transcript that is damaged on the disk is a fault of ours, which is logged: without its words.
  const stored = path.join(server.dataDir, 'blobs', 'eu1', 'jobs', id, 'transcript.json');
  await writeFile(stored, `${CANARY} ${SHORT_CLIP_TEXT}`);
  expect((await ask(server, `/v2/jobs/${id}/transcript`, { key: batch })).status).toBe(500);

  await ask(server, `/v2/jobs/${id}`, { method: 'DELETE', key: batch });
}

it('every line but the announcements is JSON', () => {
  const others = lines.filter((line) => !line.startsWith('{'));
  expect(others).toEqual([
    `parley: ready on ${server.baseUrl}`,
    expect.stringMatching(/^parley: make the first account at \S+$/),
  ]);
  for (const line of lines.filter((one) => one.startsWith('{'))) {
    expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), time: expect.any(String) });
  }
});

it('the run was logged, its errors included', () => {
  const text = lines.join('\n');
  expect(lines.length).toBeGreaterThan(25);
  for (const trace of [
    '"status":401',
    '"status":403',
    '"status":404',
    '"status":422',
    '"status":500',
    '"reason"',
  ]) {
    expect(text).toContain(trace);
  }
});

it('no line holds a key, a token, a file name or a word that was said', () => {
  expect(secrets.size).toBeGreaterThan(8);
  const leaks = [...secrets].flatMap(([name, secret]) =>
    lines
      .filter((line) => line.toLowerCase().includes(secret.toLowerCase()))
      .map((line) => `${name} in ${line}`),
  );
  expect(leaks).toEqual([]);
});
