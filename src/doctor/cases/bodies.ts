import { gzipSync } from 'node:zlib';
import { type Case, type CaseRow, numbered } from '../case.ts';
import { all, clientError, fault, noKey, refused, status } from '../expect.ts';
import type { Target, Verdict } from '../target.ts';
import { apiKey, mints, submits } from '../twins.ts';
import { bearer, type Header, JSON_TYPE } from '../wire/client.ts';
import { BOUNDARY, CONFIG, configPart, filePart, part, silence } from '../wire/form.ts';

const GIGABYTE: Header = ['Content-Length', '1000000000'];
const CHUNKED: Header = ['Transfer-Encoding', 'chunked'];
const EXPECT: Header = ['Expect', '100-continue'];
const FORM: Header = ['Content-Type', `multipart/form-data; boundary=${BOUNDARY}`];

/** The head of an upload alone: an answer that waited for a part of the body would not come. */
async function statusesOfHead(target: Target, path: string, headers: readonly Header[]): Promise<number[]> {
  const head = target.write(path, {
    method: 'POST',
    headers: [['Connection', 'keep-alive'], FORM, ...headers],
  });
  const { answers } = await target.exchange(head, { limitMs: 5_000 });
  return answers.map((answer) => answer.status);
}

const CREDENTIALS: Readonly<Record<string, (target: Target) => readonly Header[]>> = {
  'no credential': () => [],
  'a bad key': () => [bearer('none')],
  'a management path’s kind of key': () => [bearer(`plym_${'a'.repeat(39)}`)],
};

/** T23: who may not upload is told so before the upload. */
export const earlyRefusals: readonly Case[] = numbered(
  'T23',
  Object.entries(CREDENTIALS).flatMap(([who, credential]) =>
    ['/v2/jobs', '/v1/api_keys', '/v2/nope'].flatMap((path) =>
      Object.entries({
        '1 GB': [GIGABYTE],
        'chunks without end': [CHUNKED],
        '1 GB, asking first': [GIGABYTE, EXPECT],
        'chunks, asking first': [CHUNKED, EXPECT],
      }).map(
        ([what, framing]): CaseRow => ({
          title: `${who}, ${what} to ${path}: 401 and no 100 Continue, before the body`,
          async attack(target) {
            const statuses = await statusesOfHead(target, path, [...credential(target), ...framing]);
            return fault(String(statuses) !== '401', `the statuses are: ${statuses.join(', ') || 'none'}`);
          },
          async twin(target) {
            const headers = [bearer(target.apiKey), ['Content-Length', '7'] as const, EXPECT];
            const head = target.write('/v2/jobs', { method: 'POST', headers: [FORM, ...headers] });
            const { answers } = await target.exchange(Buffer.concat([head, Buffer.from('--x--\r\n')]));
            const statuses = String(answers.map((answer) => answer.status));
            return fault(statuses !== '100,400', `a good key is answered ${statuses}`);
          },
        }),
      ),
    ),
  ),
);

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
const large = (bytes: number): string => `{"ttl":60,"client_ref":"${'a'.repeat(bytes)}"}`;

const mintRaw = (target: Target, headers: readonly Header[], body: string | Uint8Array) =>
  target.ask('/v1/api_keys', { method: 'POST', key: target.apiKey, headers: [JSON_TYPE, ...headers], body });

const OVERSIZED: Readonly<Record<string, (target: Target) => Promise<Verdict>>> = {
  'JSON of 1 GB, announced': async (target) => status(await mintRaw(target, [GIGABYTE], ''), 413),
  'JSON of 1.2 MB in chunks': async (target) =>
    status(await mintRaw(target, [CHUNKED], chunk(large(1_200_000))), 413),
  'a head of 1 MB': async (target) =>
    status(await target.ask('/v2/jobs', { headers: [['X-A', 'a'.repeat(1_000_000)]] }), 400, 413, 431),
  '1,500 headers': async (target) => {
    const headers = Array.from({ length: 1_500 }, (_, index): Header => [`X-${index}`, 'aaaaaaaa']);
    return status(await target.ask('/v2/jobs', { headers }), 400, 413, 431);
  },
  'a URL of 100 KB': async (target) =>
    status(await target.ask(`/v2/jobs?x=${'y'.repeat(100_000)}`, { key: target.apiKey }), 400, 413, 414, 431),
};

/** A form that makes no job: 4xx, and what it might have made is deleted. */
const makesNoJob =
  (...parts: readonly Uint8Array[]) =>
  async (target: Target): Promise<Verdict> => {
    const answer = await target.submit(target.apiKey, ...parts);
    return all(clientError(answer), fault(/"id"/.test(answer.body), 'a job was made'));
  };

const formRow = (title: string, ...parts: readonly Uint8Array[]): CaseRow => ({
  title: `no job: ${title}`,
  attack: makesNoJob(...parts),
  twin: submits,
});

const manyParts = (count: number) =>
  Array.from({ length: count }, (_, index) => part(`name="p${index}"`, 'x'));
const nested = (levels: number) => CONFIG.replace(/\}$/, `,"x":${'['.repeat(levels)}${']'.repeat(levels)}}`);

/** T24: bodies that are more than they seem. */
export const oversizedBodies: readonly Case[] = numbered('T24', [
  ...Object.entries(OVERSIZED).map(([title, attack]): CaseRow => ({ title, attack, twin: mints })),
  ...['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'compress'].map(
    (coding): CaseRow => ({
      title: `a body in ${coding} is not unpacked`,
      attack: async (target) =>
        noKey(await mintRaw(target, [['Content-Encoding', coding]], gzipSync(large(1_000_000)))),
      twin: mints,
    }),
  ),
  formRow('1,000 parts', ...manyParts(1_000)),
  formRow('1,000 parts before the good ones', ...manyParts(1_000), configPart(), filePart()),
  formRow('config twice', configPart(), configPart(), filePart()),
  formRow('two files', configPart(), filePart(), filePart()),
  formRow('no config', filePart()),
  formRow('no file', configPart()),
  formRow('no part at all'),
  formRow('a name of 10 KB', part(`name="${'n'.repeat(10_240)}"`, 'x'), configPart(), filePart()),
  formRow('a part without name', part('', 'x'), configPart(), filePart()),
  formRow('a part named __proto__', part('name="__proto__"', 'x'), configPart(), filePart()),
  formRow('a part named constructor', part('name="constructor"', 'x'), configPart(), filePart()),
  formRow('a config of 1 MB', configPart(`${CONFIG}${' '.repeat(1_000_000)}`), filePart()),
  formRow('a config of 100 levels', configPart(nested(100)), filePart()),
  formRow('a config of 50,000 levels', configPart(nested(50_000)), filePart()),
  formRow('a config that is a list', configPart(`[${CONFIG}]`), filePart()),
  formRow('a config that is not JSON', configPart('{'), filePart()),
]);

const URLS = (port: number): readonly string[] => [
  `http://127.0.0.1:${port}/fetch`,
  `http://localhost:${port}/fetch`,
  `http://[::1]:${port}/fetch`,
  `http://[::ffff:127.0.0.1]:${port}/fetch`,
  `http://2130706433:${port}/fetch`,
  `http://0x7f.1:${port}/fetch`,
  `http://0177.0.0.1:${port}/fetch`,
  `http://0.0.0.0:${port}/fetch`,
  `http://a@127.0.0.1:${port}/fetch`,
  `http://127.0.0.1.nip.io:${port}/fetch`,
  'http://169.254.169.254/latest/meta-data/',
  'http://100.64.0.1/',
  'http://[fd00::1]/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_INFO',
  'ftp://127.0.0.1/a.wav',
  'data:audio/wav;base64,UklGRg==',
];

/** Refused at once, or accepted and not fetched, however often it is tried; in either case nobody was called. */
async function fetchesNothing(target: Target, url: string): Promise<Verdict> {
  const config = CONFIG.replace(/\}$/, `,"fetch_data":{"url":${JSON.stringify(url)}}}`);
  const answer = await target.submit(target.apiKey, configPart(config));
  const { id } = answer.status === 201 ? (JSON.parse(answer.body) as { id: string }) : {};
  const job = id && (await target.ask(`/v2/jobs/${id}?wait=5`, { key: target.apiKey }));
  if (id) await target.ask(`/v2/jobs/${id}?force=true`, { method: 'DELETE', key: target.apiKey });
  return all(
    job
      ? fault(/"status":"done"/.test(job.body), 'the job found something to transcribe')
      : clientError(answer),
    fault(target.trap.visits.includes('/fetch'), 'the server fetched from its own machine'),
  );
}

/** T20: the server calls nobody inside on a caller's behalf. */
export const innerAddresses: readonly Case[] = numbered(
  'T20',
  URLS(0).map(
    (url, index): CaseRow => ({
      title: `does not fetch ${url.replace(':0/', ':PORT/')}`,
      attack: (target) => fetchesNothing(target, URLS(target.trap.port)[index] ?? ''),
      twin: submits,
    }),
  ),
);

/** T25: files that are no audio, or lead the decoder elsewhere. */
export const hostileAudio: readonly Case[] = numbered('T25', [
  ...Object.entries({
    'an empty file': '',
    text: 'hello',
    'a playlist (HLS) of a local file': '#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n',
    'a playlist (HLS) of a URL': '#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.wav\n#EXT-X-ENDLIST\n',
    'a list for concatenation': "ffconcat version 1.0\nfile '/etc/passwd'\n",
    'a session description':
      'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=audio 9 RTP/AVP 0\r\n',
    'a page': '<!doctype html><script>alert(1)</script>',
    'a picture (SVG)': '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    'an archive': 'PK\x03\x04'.padEnd(200, '\0'),
    'a program': '\x7fELF'.padEnd(200, '\0'),
    'the first bytes of a WAV file': silence().subarray(0, 20),
    'WAV of 1 GHz': silence({ sampleRate: 1_000_000_000 }),
    'WAV of 255 channels': silence({ channels: 255 }),
    'WAV of no channel': silence({ channels: 0 }),
    'WAV of 0 Hz': silence({ sampleRate: 0 }),
  }).map(([title, bytes]) => formRow(title, configPart(), filePart(bytes))),
  {
    title: 'what is refused as audio says so to a good key only',
    attack: async (target) => refused(target, await target.submit('none', configPart(), filePart('hello'))),
    twin: apiKey,
  },
]);
