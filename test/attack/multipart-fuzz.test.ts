import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentWav } from '../fixtures/audio/samples.ts';
import { ask, listJobs } from '../helpers/api.ts';
import { filesBelow } from '../helpers/files.ts';
import { fuzz, fuzzTimeoutMs } from '../helpers/fuzz.ts';
import {
  BOUNDARY,
  CONFIG_TEXT,
  configPart,
  filePart,
  formOf,
  formPart,
  submission,
} from '../helpers/raw-form.ts';
import { type RawAnswer, rawAnswer } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Forms as no client would write them. Each is accepted or refused in order, and leaves nothing but an accepted job. */
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    env: { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '10000/100000', PARLEY_RATE_READ: '10000/100000' },
  });
});
afterAll(() => server?.stop());

const filesOfServer = () => filesBelow(server.dataDir);

const residentBytes = async () =>
  Number((await readFile(`/proc/${server.pid}/statm`, 'utf8')).split(' ')[1]) * 4_096;

const audio = silentWav(3_200);
const deep = 'é"\\\'\0\r\n\x1b%0d%0a/..\\;:😀';

const dispositions: Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'name="config"',
    'name="data_file"; filename="a.wav"',
    'name=config',
    'name="data_file"; filename=a.wav',
    'filename="a.wav"; name="data_file"',
    'name="data_file"; filename="a;name=\\"config\\""',
    'name="data_file"; filename*=utf-16\'\'%ff%fe',
    "name*=utf-8''config",
    'name="CONFIG"',
    'name="config"; name="data_file"',
    'name="__proto__"; filename="constructor"',
    'name="data_file" filename="a.wav"',
    'name="',
    '',
  ),
  fc.string({ unit: 'binary' }).map((name) => `name="data_file"; filename="${name}"`),
  fc.constantFrom(...deep).map((one) => `name="data_file"; filename="a${one}b.wav"`),
);

const partHeaders: Arbitrary<string> = fc.constantFrom(
  '',
  'Content-Type: application/json; charset=utf-16\r\n',
  'Content-Type: text/plain; charset=latin1\r\n',
  'Content-Type: multipart/mixed; boundary=inner\r\n',
  'Content-Type: audio/wav; charset="\r\n',
  'Content-Transfer-Encoding: base64\r\n',
  'Content-Transfer-Encoding: quoted-printable\r\n',
  'Content-Encoding: gzip\r\n',
  'Content-Length: 99999999\r\n',
  'Content-Disposition: form-data; name="config"\r\n',
  'no colon\r\n',
  ': no name\r\n',
  ' folded\r\n',
);

const contents: Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(Buffer.from(CONFIG_TEXT), audio) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(`\r\n--${BOUNDARY}`, `--${BOUNDARY}--`, '\r\n--')
      .map((text) => Buffer.from(text)),
  },
);

const goodParts = fc.constantFrom(configPart(), filePart(audio));
const oddParts = fc
  .record({
    disposition: dispositions,
    headers: partHeaders,
    content: contents,
    newline: fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', ''),
  })
  .map(({ disposition, headers, content, newline }) => {
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n${headers}\r\n`;
    return Buffer.concat([Buffer.from(head.replaceAll('\r\n', newline)), content, Buffer.from(newline)]);
  });

/** Whole forms, and forms that end anywhere. */
const bodies: Arbitrary<Buffer> = fc
  .record({
    before: fc.constantFrom('', '', '', '\r\n', 'a preamble\r\n'),
    parts: fc.array(fc.oneof({ weight: 3, arbitrary: goodParts }, { weight: 2, arbitrary: oddParts }), {
      maxLength: 4,
    }),
    end: fc.constantFrom(
      `--${BOUNDARY}--\r\n`,
      `--${BOUNDARY}--\r\n`,
      `--${BOUNDARY}--`,
      `--${BOUNDARY}`,
      '',
      'an epilogue',
    ),
    cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { freq: 3 }),
  })
  .map(({ before, parts, end, cut }) => {
    const whole = Buffer.concat([Buffer.from(before), ...parts, Buffer.from(end)]);
    return cut === null ? whole : whole.subarray(0, Math.floor(whole.length * cut));
  });

const contentTypes = fc.oneof(
  { weight: 12, arbitrary: fc.constant(`multipart/form-data; boundary=${BOUNDARY}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      `multipart/form-data; boundary="${BOUNDARY}"`,
      `multipart/form-data; charset=utf-16; boundary=${BOUNDARY}`,
      `multipart/form-data; boundary=${BOUNDARY}; boundary=other`,
      `MULTIPART/FORM-DATA; BOUNDARY=${BOUNDARY}`,
      `multipart/form-data; boundary=--${BOUNDARY}`,
      'multipart/form-data; boundary="',
      'multipart/form-data;;;',
    ),
  },
);

const send = (body: Uint8Array, contentType: string): Promise<RawAnswer> =>
  rawAnswer(server, submission(server.bootstrap.api_key, body, { contentType }), { limitMs: 30_000 });

/** Accepted jobs are deleted; then all is as it was. */
async function expectOrderly(answer: RawAnswer, before: readonly string[]): Promise<void> {
  expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
  const body = JSON.parse(answer.body) as { id?: string; code?: number };
  if (answer.status === 201) {
    const target = `/v2/jobs/${body.id}?force=true`;
    const removed = await ask(server, target, { method: 'DELETE', key: server.bootstrap.api_key });
    expect(removed.status).toBe(200);
  } else {
    expect([400, 413]).toContain(answer.status);
    expect(body.code).toBe(answer.status);
  }
  for (let turn = 0; turn < 200 && filesOfServer().length > before.length; turn += 1) await sleep(50);
  expect(filesOfServer()).toEqual(before);
}

describe('a form', () => {
  it('of any make is accepted or refused, and leaves nothing', {
    timeout: fuzzTimeoutMs(60_000),
  }, async () => {
    const before = filesOfServer();
    const statuses = new Map<number, number>();
    const check = async (body: Buffer, contentType: string) => {
      const answer = await send(body, contentType);
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      await expectOrderly(answer, before);
    };
    await fc.assert(fc.asyncProperty(bodies, contentTypes, check), fuzz(150));
    expect([...statuses.keys()].sort()).toEqual([201, 400]);
    expect(await listJobs(server, server.bootstrap.api_key)).toEqual([]);
  });

  it('of endless heads of parts costs no memory', async () => {
    const before = filesOfServer();
    const boundary = `multipart/form-data; boundary=${BOUNDARY}`;
    const heads = [
      formPart('name="config"', CONFIG_TEXT, `X: ${'a'.repeat(1_000_000)}\r\n`),
      formPart(`name="config"; x="${'a'.repeat(1_000_000)}"`, CONFIG_TEXT),
      formPart('name="config"', CONFIG_TEXT, `${'X'.repeat(1_000_000)}: a\r\n`),
      formPart(`name="data_file"; filename="${'a/'.repeat(500_000)}"`, audio),
    ];
    const bytes = await residentBytes();
    for (const head of [...heads, ...heads, ...heads]) {
      await expectOrderly(await send(formOf(head, configPart(), filePart(audio)), boundary), before);
    }
    expect(((await residentBytes()) - bytes) / 1e6).toBeLessThan(64);
  });
});

describe('a body that is compressed', () => {
  const bomb = Buffer.alloc(20_000_000);
  const bodies = {
    gzip: gzipSync(bomb),
    deflate: deflateSync(bomb),
    br: brotliCompressSync(bomb),
    // The start of a frame that says it holds 4 GB.
    zstd: Buffer.from('28b52ffda00000000000', 'hex'),
    'gzip, gzip': gzipSync(gzipSync(bomb)),
  };
  it.each(Object.entries(bodies))('by %s is refused unread', async (encoding, body) => {
    const bytes = await residentBytes();
    const headers = [
      ['Content-Length', String(body.length)],
      ['Content-Encoding', encoding],
    ] as const;
    const { api_key, management_token } = server.bootstrap;
    const mint = submission(management_token, body, {
      target: '/v1/api-keys',
      contentType: 'application/json',
      headers,
    });
    for (const request of [submission(api_key, body, { headers }), mint]) {
      const answer = await rawAnswer(server, request);
      expect([400, 413], answer.body).toContain(answer.status);
    }
    expect(((await residentBytes()) - bytes) / 1e6).toBeLessThan(64);
  });
});

it('the server has not failed once in all this', async () => {
  expect((await ask(server, '/health/ready')).status).toBe(200);
  expect(server.logs().filter((line) => /"level":[56]0|Warning/.test(line))).toEqual([]);
});
