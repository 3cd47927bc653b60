import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentWav } from '../fixtures/audio/samples.ts';
import { ask, createApiKey, endOfJob, listJobs, mintKey } from '../helpers/api.ts';
import { BOUNDARY, configPart, filePart, formOf, submission } from '../helpers/raw-form.ts';
import { bearer, type RawAnswer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Reached directly; believes no header about who is calling. */
let server: RunningServer;
/** Behind a proxy on this machine; end users have rates of their own. */
let proxied: RunningServer;

beforeAll(async () => {
  const env = { PARLEY_ENGINE: 'scripted', PARLEY_RATE_SUBMIT: '1000/10000', PARLEY_RATE_READ: '1000/10000' };
  server = await startServer({ env });
  proxied = await startServer({
    env: {
      ...env,
      PARLEY_TRUSTED_PROXIES: '127.0.0.1',
      PARLEY_RATE_SUBMIT: '1/6',
      PARLEY_RATE_SUBMIT_PER_CLIENT: '1/3',
      PARLEY_RATE_READ_PER_CLIENT: '1/5',
    },
  });
  await ask(server, `/v1/operator/workspaces/${server.bootstrap.workspace_id}`, {
    method: 'PATCH',
    key: server.bootstrap.operator_token,
    body: JSON.stringify({ customer_type: 'enterprise', temporary_keys_enabled: true }),
  });
});
afterAll(() => Promise.all([server?.stop(), proxied?.stop()]));

type Header = readonly [string, string];
const mint = (limits: object, more: { client_ref?: string } = {}) =>
  mintKey(server, server.bootstrap.api_key, { limits, ...more });

const get = (key: string, headers: readonly Header[] = [], at = server): Promise<RawAnswer> =>
  rawAnswer(at, requestHead('GET', '/v2/jobs', [bearer(key), ...headers]));

const SECOND = silentWav(32_000);
const submit = (key: string, at = server, body = formOf(configPart(), filePart(SECOND))) =>
  rawAnswer(at, submission(key, body), { limitMs: 30_000 });

const expectOutside = (answer: RawAnswer, limit: string) =>
  expect({ status: answer.status, ...JSON.parse(answer.body) }).toEqual({
    status: 403,
    code: 403,
    error: 'Forbidden',
    detail: expect.stringMatching(new RegExp(`^limits\\.${limit}: `)),
  });

/** Ids of the jobs, and of the uploads on their way to one, that have files. */
async function storedAt({ dataDir }: RunningServer): Promise<string[]> {
  const entries = await readdir(path.join(dataDir, 'blobs'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const inBlobs = files.map(({ parentPath, name }) => path.join(parentPath, name));
  return [...new Set(inBlobs.map((file) => /\/jobs\/([^/]+)/.exec(file)?.[1] ?? file))].sort();
}

/** The same, once no job is at work on files of its own. */
async function storedWhenQuiet(): Promise<string[]> {
  const { api_key } = server.bootstrap;
  const jobs = await listJobs(server, api_key, '?limit=100');
  for (const { id, status } of jobs) if (status === 'running') await endOfJob(server, api_key, id);
  return storedAt(server);
}

describe('a key for the pages of one origin', () => {
  const mine = (key: string, ...origins: string[]) =>
    get(
      key,
      origins.map((origin) => ['Origin', origin]),
    );

  it('works there', async () => {
    const key = await mint({ origins: ['https://app.example.org', 'http://localhost:3000'] });
    expect((await mine(key, 'https://app.example.org')).status).toBe(200);
    expect((await mine(key, 'http://localhost:3000')).status).toBe(200);
  });

  it.each<[string, readonly string[]]>([
    ['absent', []],
    ['null', ['null']],
    ['empty', ['']],
    ['with a prefix', ['https://evilapp.example.org']],
    ['of a subdomain', ['https://x.app.example.org']],
    ['with a suffix', ['https://app.example.org.evil.com']],
    ['before an @', ['https://app.example.org@evil.com']],
    ['after an @', ['https://evil.com@app.example.org']],
    ['of the parent', ['https://example.org']],
    ['with a port', ['https://app.example.org:8443']],
    ['with the default port', ['https://app.example.org:443']],
    ['of another port', ['http://localhost:3001']],
    ['of no port', ['http://localhost']],
    ['of the other scheme', ['http://app.example.org']],
    ['of a socket', ['wss://app.example.org']],
    ['in capitals', ['https://APP.example.org']],
    ['with its scheme in capitals', ['HTTPS://app.example.org']],
    ['with a slash', ['https://app.example.org/']],
    ['with a final dot', ['https://app.example.org.']],
    ['without a scheme', ['app.example.org']],
    ['in a list', ['https://app.example.org, https://evil.com']],
    ['in a list with a blank', ['https://evil.com https://app.example.org']],
    ['sent second', ['https://evil.com', 'https://app.example.org']],
    ['sent first', ['https://app.example.org', 'https://evil.com']],
    ['of any page', ['*']],
  ])('is refused with an Origin %s', async (_, origins) => {
    const key = await mint({ origins: ['https://app.example.org', 'http://localhost:3000'] });
    expectOutside(await mine(key, ...origins), 'origins');
  });

  it('is refused before its upload is read', async () => {
    const key = await mint({ origins: ['https://app.example.org'] });
    const head = requestHead('POST', '/v2/jobs', [
      bearer(key),
      ['Content-Type', `multipart/form-data; boundary=${BOUNDARY}`],
      ['Content-Length', '900000000'],
    ]);
    expectOutside(await rawAnswer(server, head, { limitMs: 3_000 }), 'origins');
  });
});

/** What proxies write, and what is mistaken for it. */
const forwarded = (address: string): readonly Header[] => [
  ['X-Forwarded-For', address],
  ['X-Real-IP', address],
  ['Forwarded', `for=${address}`],
  ['CF-Connecting-IP', address],
  ['True-Client-IP', address],
  ['X-Client-IP', address],
];

describe('a key for some addresses', () => {
  it.each(['127.0.0.1', '127.0.0.0/8', '0.0.0.0/0', '::ffff:127.0.0.1'])(
    '%s works from there',
    async (range) => {
      expect((await get(await mint({ cidrs: ['203.0.113.0/24', range] }))).status).toBe(200);
    },
  );

  it('is not opened by a header when the server is reached directly', async () => {
    const key = await mint({ cidrs: ['203.0.113.7', '2001:db8::/32'] });
    expectOutside(await get(key), 'cidrs');
    for (const address of ['203.0.113.7', '2001:db8::1', '[2001:db8::1]', '203.0.113.7:1234']) {
      for (const header of forwarded(address)) expectOutside(await get(key, [header]), 'cidrs');
      expectOutside(await get(key, forwarded(address)), 'cidrs');
    }
  });

  describe('behind a trusted proxy', () => {
    const KEY = { cidrs: ['203.0.113.7'] };
    const at = (headers: readonly Header[]) =>
      mintKey(proxied, proxied.bootstrap.api_key, { limits: KEY }).then((key) => get(key, headers, proxied));

    it('is opened by the address the proxy saw', async () => {
      expect((await at([['X-Forwarded-For', '203.0.113.7']])).status).toBe(200);
      expect((await at([['X-Forwarded-For', '198.51.100.1, 203.0.113.7']])).status).toBe(200);
      expect((await at([['X-Forwarded-For', '::ffff:203.0.113.7']])).status).toBe(200);
    });

    it.each<[string, readonly Header[]]>([
      ['one that its caller wrote', [['X-Forwarded-For', '203.0.113.7, 198.51.100.1']]],
      [
        'one in a header before',
        [
          ['X-Forwarded-For', '203.0.113.7'],
          ['X-Forwarded-For', '198.51.100.1'],
        ],
      ],
      ['one in other headers', forwarded('203.0.113.7').filter(([name]) => name !== 'X-Forwarded-For')],
      ['text', [['X-Forwarded-For', 'localhost']]],
      ['the proxy itself', []],
    ])('is not opened by %s', async (_, headers) => {
      expectOutside(await at(headers), 'cidrs');
    });
  });
});

describe('a key with counters', () => {
  const hosts = { EU1: 'eu1.asr.api.localhost', EU2: 'eu2.asr.api.localhost' } as const;
  const reach = (key: string, environment: keyof typeof hosts) => get(key, [['Host', hosts[environment]]]);

  it('opens one environment, so its counters cannot be had twice', async () => {
    const plain = await mint({});
    expect((await reach(plain, 'EU1')).status).toBe(200);
    expect((await reach(plain, 'EU2')).status).toBe(200);
    const first = await mint({ max_sessions: 1 });
    expect((await reach(first, 'EU1')).status).toBe(200);
    expectOutside(await reach(first, 'EU2'), 'environment');
    const chosen = await mint({ max_sessions: 1, environment: 'EU2' });
    expect((await reach(chosen, 'EU2')).status).toBe(200);
    expectOutside(await reach(chosen, 'EU1'), 'environment');
  });

  it('is worth what it says in a crowd, and what it is refused leaves nothing', async () => {
    const key = await mint({ max_sessions: 5 }, { client_ref: 'CROWD' });
    const before = await storedWhenQuiet();
    const answers = await Promise.all(Array.from({ length: 50 }, () => submit(key)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expectOutside(answer, 'max_sessions');
    expect(await listJobs(server, key, '?limit=100')).toHaveLength(5);
    const accepted = answers.filter(({ status }) => status === 201);
    for (const { body } of accepted) {
      await ask(server, `/v2/jobs/${JSON.parse(body).id}?force=true`, { method: 'DELETE', key });
    }
    // A run that is being stopped may be writing down so at this moment; it removes what it wrote.
    await expect.poll(() => storedAt(server), { timeout: 10_000 }).toEqual(before);
    // What was deleted was created all the same.
    expectOutside(await submit(key), 'max_sessions');
  });

  it('is not widened by its holder', async () => {
    const key = await mint({ max_sessions: 1, cidrs: ['203.0.113.7'] });
    const [header, payload = '', signature] = key.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const { lim: _lim, ...without } = claims;
    for (const changed of [
      without,
      { ...claims, lim: {} },
      { ...claims, lim: { max_sessions: 9 } },
      { ...claims, env: 'EU2' },
    ]) {
      const forged = [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join(
        '.',
      );
      expect((await get(forged)).status).toBe(401);
    }
    const body = JSON.stringify({ ttl: 60 });
    expect((await ask(server, '/v1/api_keys', { method: 'POST', key, body })).status).toBe(403);
    const further = `?limits=${encodeURIComponent('{}')}&max_sessions=100&client_ref=x`;
    expectOutside(await rawAnswer(server, requestHead('GET', `/v2/jobs${further}`, [bearer(key)])), 'cidrs');
  });
});

describe('a locked member', () => {
  const config = (transcription: string) =>
    formOf(filePart(SECOND), configPart(`{"type":"transcription","transcription_config":${transcription}}`));

  it.each([
    ['another value', '{"language":"en","operating_point":"enhanced"}'],
    ['its other name', '{"language":"en","model":"enhanced"}'],
    ['both names', '{"language":"en","operating_point":"standard","model":"enhanced"}'],
    ['the name twice', '{"language":"en","operating_point":"standard","operating_point":"enhanced"}'],
    ['another language', '{"language":"de"}'],
    ['a value of another type', '{"language":["en"]}'],
    ['the value and a space', '{"language":"en "}'],
    ['another case', '{"language":"EN"}'],
  ])('is not changed by %s, and the upload is gone', async (_, transcription) => {
    const key = await mint({ lock: { language: 'en', operating_point: 'standard' } });
    const before = await storedWhenQuiet();
    expectOutside(await submit(key, server, config(transcription)), 'lock');
    expect(await storedAt(server)).toEqual(before);
  });

  it('is not changed by a null or by a second config', async () => {
    const key = await mint({ lock: { language: 'en' } }, { client_ref: 'LOCKED' });
    expect((await submit(key, server, config('{"language":null}'))).status).toBe(201);
    const [job] = await listJobs(server, key);
    expect(job?.config).toMatchObject({ transcription_config: { language: 'en' } });
    const twice = formOf(
      configPart(),
      configPart('{"type":"transcription","transcription_config":{"language":"de"}}'),
      filePart(SECOND),
    );
    expect((await submit(key, server, twice)).status).toBe(400);
  });
});

describe('an upload under way', () => {
  /** Sends half of a submission, waits for `meanwhile`, then sends the rest. */
  async function slowly(key: string, meanwhile: () => Promise<unknown>) {
    const bytes = submission(key, formOf(configPart(), filePart(silentWav(640_000))));
    const body = bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
    const request = httpRequest(`${server.baseUrl}/v2/jobs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
        'content-length': body.length,
      },
    });
    const answered = once(request, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => {}); // when `meanwhile` fails, nobody waits for it
    request.write(body.subarray(0, body.length / 2));
    await untilStored(before);
    await meanwhile();
    request.end(body.subarray(body.length / 2));
    const [response] = await answered;
    return { status: response.statusCode, body: await text(response) };
  }
  let before: string[] = [];

  /** Until the server has begun to store the upload. */
  async function untilStored(known: readonly string[]): Promise<void> {
    for (const endMs = Date.now() + 10_000; Date.now() < endMs; ) {
      if ((await storedAt(server)).some((file) => !known.includes(file))) return;
    }
    throw new Error('the upload was not stored');
  }

  const manage = (method: string, target: string) =>
    ask(server, `${target}?wait=5`, { method, key: server.bootstrap.management_token });

  async function keyOf(name: string) {
    const { management_token: key, project_id } = server.bootstrap;
    const body = JSON.stringify({ project_id, name });
    const created = await ask(server, '/v1/api-keys', { method: 'POST', key, body });
    const { key_value: secret, apikey_id: id } = created.json<{ key_value: string; apikey_id: string }>();
    return { secret, id };
  }

  const expectNothing = async (answer: { status: number | undefined; body: string }, jobsBefore: number) => {
    expect(answer).toEqual({ status: 401, body: '{"code":401,"error":"Permission Denied"}' });
    expect(await storedAt(server)).toEqual(before);
    expect(await listJobs(server, server.bootstrap.api_key, '?limit=100')).toHaveLength(jobsBefore);
  };
  const countJobs = async () => (await listJobs(server, server.bootstrap.api_key, '?limit=100')).length;

  it('is accepted when nothing happens', async () => {
    before = await storedWhenQuiet();
    const answer = await slowly(server.bootstrap.api_key, async () => {});
    expect(answer.status).toBe(201);
  });

  it.each(['API key', 'temporary key'])('with a revoked %s leaves nothing', async (kind) => {
    before = await storedWhenQuiet();
    const jobs = await countJobs();
    const { secret, id } = await keyOf(`revoked under way: ${kind}`);
    const key = kind === 'API key' ? secret : await mintKey(server, secret, { client_ref: 'USER123' });
    const answer = await slowly(key, async () => {
      expect((await manage('DELETE', `/v1/api-keys/${id}`)).status).toBe(200);
    });
    await expectNothing(answer, jobs);
  });

  it('of an end user whose keys are ended leaves nothing', async () => {
    before = await storedWhenQuiet();
    const jobs = await countJobs();
    const key = await mint({ max_sessions: 3 }, { client_ref: 'STOLEN' });
    const { project_id } = server.bootstrap;
    const answer = await slowly(key, async () => {
      const ended = await manage('POST', `/v1/projects/${project_id}/client-refs/STOLEN/end`);
      expect(ended.status).toBe(200);
    });
    await expectNothing(answer, jobs);
  });
});

describe('the rate of an end user', () => {
  const statuses = async (key: string, count: number) => {
    const answers = [];
    for (let index = 0; index < count; index += 1) answers.push(await get(key, [], proxied));
    return answers.map(({ status }) => status);
  };
  const keyFor = (client_ref: string) => mintKey(proxied, proxied.bootstrap.api_key, { client_ref });

  it('is one for all keys of that end user, and leaves others theirs', async () => {
    const noisy = [await keyFor('NOISY'), await keyFor('NOISY'), await keyFor('NOISY')];
    const codes = (await Promise.all(noisy.map((key) => statuses(key, 10)))).flat();
    expect(codes.filter((code) => code === 200).length).toBeGreaterThanOrEqual(5);
    expect(codes.filter((code) => code === 429).length).toBeGreaterThan(20);
    expect(await statuses(await keyFor('QUIET'), 3)).toEqual([200, 200, 200]);
    const other = await createApiKey(proxied, { name: 'of the same project' });
    const again = await statuses(await mintKey(proxied, other, { client_ref: 'NOISY' }), 10);
    expect(again.filter((code) => code === 429).length).toBeGreaterThan(4);
  });

  it('tells when to come back', async () => {
    const key = await keyFor('LOUD');
    await statuses(key, 6);
    const answer = await get(key, [], proxied);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it('comes out of that of the API key, however many keys and end users there are', async () => {
    const minter = await createApiKey(proxied, { name: 'mints many' });
    const startedMs = performance.now();
    const keys = await Promise.all(
      Array.from({ length: 20 }, (_, index) => mintKey(proxied, minter, { client_ref: `user${index}` })),
    );
    const answers = await Promise.all(keys.map((key) => submit(key, proxied)));
    const accepted = answers.filter(({ status }) => status === 201).length;
    const seconds = (performance.now() - startedMs) / 1_000;
    expect(accepted).toBeGreaterThanOrEqual(6);
    expect(accepted).toBeLessThanOrEqual(6 + Math.ceil(seconds));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20 - accepted);
  });

  it('spends nothing of the API key when it is used up itself', async () => {
    const minter = await createApiKey(proxied, { name: 'shared by two' });
    const noisy = await mintKey(proxied, minter, { client_ref: 'NOISY SENDER' });
    const quiet = await mintKey(proxied, minter, { client_ref: 'QUIET SENDER' });
    const sent = await Promise.all(Array.from({ length: 12 }, () => submit(noisy, proxied)));
    expect(sent.filter(({ status }) => status === 429).length).toBeGreaterThan(6);
    expect((await submit(quiet, proxied)).status).toBe(201);
    expect((await submit(quiet, proxied)).status).toBe(201);
  });
});
