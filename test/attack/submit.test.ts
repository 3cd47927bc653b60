import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFixture, silentWav, wavHeader } from '../fixtures/audio/samples.ts';
import { ask, endOfJob, listJobs } from '../helpers/api.ts';
import { filesBelow } from '../helpers/files.ts';
import {
  BOUNDARY,
  CONFIG_TEXT,
  configPart,
  filePart,
  formOf,
  formPart,
  submission,
} from '../helpers/raw-form.ts';
import { exchange, type RawAnswer, rawAnswer } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const MAX_UPLOAD_BYTES = 400_000;

let server: RunningServer;
let speech: Buffer;

beforeAll(async () => {
  speech = await readFixture('speech.wav');
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
      PARLEY_RATE_SUBMIT: '1000/10000',
      PARLEY_RATE_READ: '1000/10000',
    },
  });
});
afterAll(() => server?.stop());

const key = () => server.bootstrap.api_key;
const send = (body: Uint8Array, options: Parameters<typeof submission>[2] = {}): Promise<RawAnswer> =>
  rawAnswer(server, submission(key(), body, options), { limitMs: 15_000 });

/** Files below the blob directory, temporary ones included. */
const storedFiles = () => filesBelow(path.join(server.dataDir, 'blobs'));

/** Nothing of a refused submission stays: no file, no job. Cleaning up may end a moment after the answer. */
async function expectNothingLeft(): Promise<void> {
  for (let turn = 0; turn < 20 && storedFiles().length > 0; turn += 1) await sleep(50);
  expect(storedFiles()).toEqual([]);
  expect(await listJobs(server, key())).toEqual([]);
}

interface Refusal {
  readonly status?: number;
  readonly error?: string;
  readonly detail?: RegExp;
}

async function expectRefused(
  answer: RawAnswer,
  { status = 400, error, detail = /./ }: Refusal = {},
): Promise<void> {
  expect({ status: answer.status, body: answer.body.slice(0, 300) }).toMatchObject({ status });
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  expect(body.code).toBe(status);
  if (error !== undefined) expect(body.error).toBe(error);
  expect(body.detail).toMatch(detail);
  expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
  await expectNothingLeft();
}

/** Accepted, run to its end, and deleted again. */
async function expectDone(answer: RawAnswer): Promise<Awaited<ReturnType<typeof endOfJob>>> {
  expect({ status: answer.status, body: answer.body.slice(0, 300) }).toMatchObject({ status: 201 });
  const { id } = JSON.parse(answer.body) as { id: string };
  const job = await endOfJob(server, key(), id);
  expect((await ask(server, `/v2/jobs/${id}`, { method: 'DELETE', key: key() })).status).toBe(200);
  await expectNothingLeft();
  return job;
}

const wholeForm = () => formOf(configPart(), filePart(speech));
const withConfig = (text: string | Uint8Array) => formOf(configPart(text), filePart(speech));
const withFile = (bytes: Uint8Array) => formOf(configPart(), filePart(bytes));
const plus = (members: string) => `${CONFIG_TEXT.slice(0, -1)},${members}}`;
const within = (members: string) => CONFIG_TEXT.replace('"en"', `"en",${members}`);
const chunked = (body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
const CHUNKED = { headers: [['Transfer-Encoding', 'chunked']] } as const;

describe('a good submission', () => {
  it('is accepted in either order, with a length or in chunks', async () => {
    expect((await expectDone(await send(wholeForm()))).status).toBe('done');
    await expectDone(await send(formOf(filePart(speech), configPart())));
    await expectDone(await send(chunked(wholeForm()), CHUNKED));
  });

  it('of silence is done and has no words', async () => {
    const answer = await send(withFile(silentWav(64_000)), { target: '/v2/jobs?wait=30&format=json-v2' });
    expect(answer.status).toBe(201);
    const done = JSON.parse(answer.body) as { status: string; 'json-v2': { results: unknown[] } };
    expect(done).toMatchObject({ status: 'done', 'json-v2': { results: [] } });
    await expectDone(answer);
  });
});

describe('a config', () => {
  const rejected: Record<string, string | Uint8Array> = {
    'not JSON': '{',
    empty: '',
    null: 'null',
    'a list': '[]',
    'a number': '1',
    text: '"transcription"',
    'without type': '{"transcription_config":{"language":"en"}}',
    'of type alignment without its config': '{"type":"alignment"}',
    'without transcription_config': '{"type":"transcription"}',
    'with transcription_config null': '{"type":"transcription","transcription_config":null}',
    'with a language in a list': CONFIG_TEXT.replace('"en"', '["en"]'),
    'with a language as number': CONFIG_TEXT.replace('"en"', '1'),
    'with a language of 5,000 letters': CONFIG_TEXT.replace('"en"', `"${'e'.repeat(5_000)}"`),
    'with a model that is none': within('"model":"huge"'),
    'with two models': within('"model":"standard","operating_point":"enhanced"'),
    'with srt lines of length 0': plus('"output_config":{"srt_overrides":{"max_line_length":0}}'),
    'with srt lines of length 1e9': plus('"output_config":{"srt_overrides":{"max_line_length":1e9}}'),
    'with tags that are no texts': plus('"tracking":{"tags":[1]}'),
    'of 33 levels': plus(`"x":${'['.repeat(40)}${']'.repeat(40)}`),
    'of 50,000 levels': plus(`"x":${'['.repeat(50_000)}${']'.repeat(50_000)}`),
  };
  it.each(Object.entries(rejected))('%s is rejected', async (_, text) => {
    await expectRefused(await send(withConfig(text)), {
      error: 'Job rejected',
      detail: /^Job config JSON is invalid/,
    });
  });

  it('that is not UTF-8 is malformed', async () => {
    const answer = await send(withConfig(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])));
    await expectRefused(answer, { error: 'Malformed request' });
  });

  it('that is missing is rejected', async () => {
    await expectRefused(await send(formOf(filePart(speech))), { error: 'Job rejected', detail: /config/ });
  });

  it('without a language, or with an unknown one, is refused', async () => {
    const none = '{"type":"transcription","transcription_config":{}}';
    await expectRefused(await send(withConfig(none)), { error: 'No language selected' });
    for (const language of ['zz', 'EN', 'auto', '', ' en', '../en', '__proto__', 'constructor']) {
      const text = CONFIG_TEXT.replace('"en"', JSON.stringify(language));
      const answer = await send(withConfig(text));
      await expectRefused(answer, language === '' ? {} : { error: 'Requested product not available' });
    }
  });

  it.each(['"translation_config":{"target_languages":["de"]}', '"audio_events_config":{}'])(
    'that asks for %s is refused',
    async (members) => {
      await expectRefused(await send(withConfig(plus(members))), {
        error: 'Requested product not available',
      });
    },
  );

  it.each([
    '"diarization":"speaker"',
    '"speaker_diarization_config":{"get_speakers":true}',
    '"model":"melia-1"',
    '"punctuation_overrides":{"sensitivity":0.9}',
    '"additional_vocab":[{"content":"x"}]',
    '"domain":"medical"',
    '"output_locale":"en-GB"',
  ])('that asks for transcription with %s is refused', async (members) => {
    await expectRefused(await send(withConfig(within(members))), {
      error: 'Requested product not available',
    });
  });

  it.each([
    ['NUL', '"tracking":{"title":"a\\u0000b"}', { tracking: { title: 'a\0b' } }],
    ['half a surrogate pair', '"tracking":{"title":"\\ud800"}', { tracking: { title: '\ud800' } }],
    ['nulls', '"tracking":{"title":null,"tags":[null,"a"]}', { tracking: { tags: ['a'] } }],
    ['an unknown member', '"x-own":{"a":[1,{"b":2}]}', { 'x-own': { a: [1, { b: 2 }] } }],
  ])('with %s is kept as it is', async (_, members, echoed) => {
    const job = await expectDone(await send(withConfig(plus(members))));
    expect(job.config).toEqual({ ...(JSON.parse(CONFIG_TEXT) as object), ...echoed });
  });

  it('cannot reach a prototype', async () => {
    const proto = '"__proto__":{"language":"zz","diarization":"speaker"}';
    const job = await expectDone(await send(withConfig(within(proto))));
    expect(JSON.stringify(job.config)).toContain('"__proto__":{"language":"zz"');
    await expectDone(await send(wholeForm()));
  });

  it('with a number beyond all numbers is echoed without null', async () => {
    const answer = await send(withConfig(plus('"tracking":{"details":{"n":1e999}}')));
    if (answer.status === 400) return expectRefused(answer);
    const job = await expectDone(answer);
    expect(JSON.stringify(job.config)).not.toContain('null');
  });
});

describe('a file', () => {
  const audio: Record<string, () => Uint8Array | Promise<Uint8Array>> = {
    empty: () => Buffer.alloc(0),
    'of one byte': () => Buffer.alloc(1),
    'of zeros': () => Buffer.alloc(100_000),
    'of text': () => Buffer.from('This is no audio, whatever its name.'),
    'of HTML': () => Buffer.from('<html><script>alert(1)</script></html>'),
    'with a wav header alone': () => wavHeader(0),
    'with a wav header that declares more': () => wavHeader(64_000),
    'of 255 channels': () => silentWav(51_000, { channels: 255 }),
    'of 1e9 Hz': () => silentWav(64_000, { sampleRate: 1_000_000_000 }),
    'that is half an mp3': async () => {
      const mp3 = await readFixture('speech.mp3');
      return mp3.subarray(0, mp3.length / 2);
    },
    'that is half a flac': async () => {
      const flac = await readFixture('speech.flac');
      return flac.subarray(0, flac.length / 2);
    },
    'that is a playlist': () => Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'),
    'that is a list to concatenate': () => Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n"),
    'that is a picture': () => Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    'that is a program': () => Buffer.from('\x7fELF\x02\x01\x01', 'latin1'),
  };
  it.each(Object.entries(audio))('%s is refused', async (_, make) => {
    const answer = await send(withFile(await make()));
    await expectRefused(answer, { error: 'Job rejected due to invalid audio' });
    expect(answer.body).not.toContain('root:');
    expect(answer.body).not.toContain(server.dataDir);
  });

  it('that is missing is refused', async () => {
    await expectRefused(await send(formOf(configPart())), { error: 'Missing data_file' });
    await expectRefused(await send(formOf()), {});
    await expectRefused(await send(Buffer.alloc(0)), {});
  });

  it('of just the limit is accepted, of one byte more is not', async () => {
    await expectDone(await send(withFile(silentWav(MAX_UPLOAD_BYTES - 44))));
    const tooLarge = Buffer.concat([silentWav(MAX_UPLOAD_BYTES - 44), Buffer.alloc(1)]);
    await expectRefused(await send(withFile(tooLarge)), { status: 413 });
    await expectRefused(await send(chunked(withFile(tooLarge)), CHUNKED), { status: 413 });
    await expectRefused(await send(formOf(filePart(tooLarge), configPart())), { status: 413 });
    await expectRefused(await send(withFile(silentWav(3 * MAX_UPLOAD_BYTES))), { status: 413 });
  });

  const names: Record<string, string> = {
    'with quotes': 'filename="a\\"b\'.wav"',
    'with a path upwards': 'filename="../../../../etc/cron.d/x"',
    'with backslashes': 'filename="..\\\\..\\\\x.wav"',
    'with a NUL': 'filename="a\0.wav"',
    'with a substitution': 'filename="$(touch pwned).wav"',
    'with backticks': 'filename="`touch pwned`.wav"',
    'with a semicolon': 'filename="a;touch pwned;.wav"',
    'like an option': 'filename="-i"',
    'with a newline, encoded': 'filename="a%0d%0ab.wav"',
    'with an escape sequence': 'filename="\x1b[31mred.wav"',
    'of 5,000 characters': `filename="${'a'.repeat(5_000)}.wav"`,
    'of 5,000 emoji': `filename="${'😀'.repeat(5_000)}.wav"`,
    'without an end': 'filename="a.wav',
    empty: 'filename=""',
    'in RFC 5987': "filename*=UTF-8''%e2%82%ac.wav",
    'in RFC 5987 with an unknown charset': "filename*=bogus''x%ff",
    'in RFC 5987, cut': "filename*=UTF-8''%e2%8",
    'that is missing': 'x=y',
  };
  it.each(Object.entries(names))('with a name %s is safe', async (_, name) => {
    const answer = await send(formOf(configPart(), filePart(speech, name)));
    if (answer.status !== 201) return expectRefused(answer);
    const job = await expectDone(answer);
    expect(job.data_name.length).toBeLessThanOrEqual(255);
    expect(job.data_name).not.toMatch(/\p{Cc}|[/]/u);
    expect(existsSync('pwned')).toBe(false);
  });
});

describe('a form', () => {
  const one = () => formPart('name="x"', 'x');
  const malformed: Record<string, () => Buffer> = {
    'with config twice': () => formOf(configPart(), configPart(), filePart(speech)),
    'with data_file twice': () => formOf(configPart(), filePart(speech), filePart(speech)),
    'with data_file twice and no config': () => formOf(filePart(speech), filePart(speech)),
    'with an unknown part behind': () => formOf(configPart(), filePart(speech), one()),
    'with an unknown part before': () => formOf(one(), configPart(), filePart(speech)),
    'with 100,000 parts': () => formOf(...Array<Buffer>(100_000).fill(one())),
    'with 11 parts behind': () => formOf(configPart(), filePart(speech), ...Array<Buffer>(11).fill(one())),
    'with a part named __proto__': () => formOf(formPart('name="__proto__"', 'x'), configPart()),
    'with a part named constructor': () =>
      formOf(configPart(), filePart(speech), formPart('name="constructor"; filename="x"', 'x')),
    'with a part without a name': () => formOf(formPart('filename="x"', 'x'), configPart()),
    'with a name of 5,000 letters': () => formOf(formPart(`name="${'n'.repeat(5_000)}"`, 'x'), configPart()),
    'without its last boundary': () => wholeForm().subarray(0, -20),
    'cut in the file': () => wholeForm().subarray(0, 2_000),
    'cut in the config': () => wholeForm().subarray(0, 100),
    'cut in a part’s headers': () => wholeForm().subarray(0, 40),
    'of noise': () => Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * 7_919) % 256)),
  };
  it.each(Object.entries(malformed))('%s is malformed', async (_, make) => {
    await expectRefused(await send(make()), { error: 'Malformed request' });
  });

  it('with huge or very many headers of a part is refused or read, never more', async () => {
    const long = formPart('name="config"', CONFIG_TEXT, `X: ${'a'.repeat(300_000)}\r\n`);
    const many = formPart('name="config"', CONFIG_TEXT, 'X: a\r\n'.repeat(20_000));
    for (const part of [long, many]) {
      const answer = await send(formOf(part, filePart(speech)));
      if (answer.status === 201) await expectDone(answer);
      else await expectRefused(answer);
    }
  });

  it.each([
    ['another boundary', 'multipart/form-data; boundary=another'],
    ['no boundary', 'multipart/form-data'],
    ['an empty boundary', 'multipart/form-data; boundary='],
    ['a boundary of 8 KB', `multipart/form-data; boundary=${'b'.repeat(8_000)}`],
    ['multipart/mixed', 'multipart/mixed; boundary=parley-attack-boundary'],
    ['JSON', 'application/json'],
    ['bytes', 'application/octet-stream'],
    ['garbage', 'garbage'],
    ['nothing', ''],
  ])('labelled %s is malformed', async (_, contentType) => {
    await expectRefused(await send(wholeForm(), { contentType }), { error: 'Malformed request' });
  });

  it('in gzip is refused', async () => {
    const body = gzipSync(wholeForm());
    const headers = [
      ['Content-Length', String(body.length)],
      ['Content-Encoding', 'gzip'],
    ] as const;
    await expectRefused(await send(body, { headers }));
  });

  it('of 1 GB of zeros in gzip costs no memory', async () => {
    const body = gzipSync(Buffer.alloc(50_000_000));
    const headers = [
      ['Content-Length', String(body.length)],
      ['Content-Encoding', 'gzip'],
    ] as const;
    await expectRefused(await send(body, { headers }));
  });

  it.each([1, 200, 20_000])('whose connection goes away after %i bytes leaves nothing', async (bytes) => {
    const body = wholeForm();
    const headers = [['Content-Length', String(body.length)]] as const;
    const cut = submission(key(), body.subarray(0, bytes), { headers });
    const { answers } = await exchange(server, cut, { limitMs: 300 });
    expect(answers).toEqual([]);
    await expectNothingLeft();
  });

  it('whose connection goes away while it is judged leaves nothing', async () => {
    const mp3 = await readFixture('speech.mp3');
    for (const limitMs of [5, 20, 60]) {
      await exchange(server, submission(key(), withFile(mp3)), { limitMs });
      await sleep(1_500);
      for (const { id } of await listJobs(server, key()))
        await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key: key() });
      await expectNothingLeft();
    }
  });

  it.each([
    'wait=abc',
    'wait=-1',
    'wait=1.5',
    'wait=1e3',
    'wait=',
    'format=pdf&wait=1',
    'format=',
    'format=TXT',
  ])('with the query %s is refused before it is read', async (query) => {
    await expectRefused(await send(wholeForm(), { target: `/v2/jobs?${query}` }), { status: 422 });
  });
});

describe('a refusal in the middle of a body', () => {
  it('either ends the connection by its word, or leaves it usable', async () => {
    const body = formOf(configPart('{'), filePart(silentWav(300_000)));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { host } = new URL(server.baseUrl);
    const onConnection = (method: string, target: string, sent?: Uint8Array) =>
      new Promise<{ status: number; willClose: boolean }>((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${key()}`,
          ...(sent && { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }),
        };
        const outgoing = request(`http://${host}${target}`, { method, agent, headers }, (answer) => {
          answer.resume();
          const willClose = answer.headers.connection === 'close';
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, willClose }));
        });
        outgoing.on('error', reject);
        outgoing.end(sent);
      });
    const refused = await onConnection('POST', '/v2/jobs', body);
    expect(refused.status).toBe(400);
    const statuses = new Set<number>();
    if (!refused.willClose) {
      for (const untilMs = Date.now() + 1_800; Date.now() < untilMs; await sleep(5))
        statuses.add((await onConnection('GET', '/v2/jobs/0000000000')).status);
    }
    agent.destroy();
    expect(statuses).toEqual(new Set(refused.willClose ? [] : [404]));
  });
});

describe('the server', () => {
  it('has not failed once in all this', async () => {
    expect((await ask(server, '/health/ready')).status).toBe(200);
    expect(server.logs().filter((line) => /"level":[56]0|Warning/.test(line))).toEqual([]);
  });
});
