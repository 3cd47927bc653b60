import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, submitSpeech } from '../helpers/api.ts';
import { bearer, exchange, type RawAnswer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

type Header = readonly [string, string];

let server: RunningServer;
let environmentPort: number;

const freePort = async (): Promise<number> => {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

beforeAll(async () => {
  environmentPort = await freePort();
  server = await startServer({
    env: { PARLEY_ENGINE: 'scripted', PARLEY_ENVIRONMENT_PORTS: `eu1=${environmentPort}` },
  });
});
afterAll(() => server?.stop());

/** Whatever was asked: JSON that names its own status, an id to ask about, and no fault of the server. */
function expectOrderly(answer: RawAnswer, what = ''): void {
  expect(answer.status, what).toBeLessThan(500);
  expect(answer.headers.get('request-id'), `${what} has a Request-Id`).toMatch(/^[0-9a-f]{32}$/);
  if (answer.status < 400) return;
  expect(answer.headers.get('content-type'), what).toMatch(/^application\/json/);
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  expect(typeof body.error, what).toBe('string');
  expect(answer.body, what).not.toMatch(/node_modules|at [A-Z]\w+\.|\.js:\d/);
}

const get = (target: string, headers: readonly Header[] = []): Promise<RawAnswer> =>
  rawAnswer(server, requestHead('GET', target, [bearer(server.bootstrap.api_key), ...headers]));

describe('a path', () => {
  const ids: Record<string, string> = {
    NUL: '%00',
    'dots, encoded': '%2e%2e',
    'dots to another route': '../../health/live',
    'dots to another route, encoded': '%2e%2e%2f%2e%2e%2fhealth%2flive',
    'a slash, encoded': 'a%2fb',
    unicode: '%e2%82%ac%f0%9f%98%80',
    'full-width digits': '%ef%bc%90%ef%bc%91',
    'in upper case': 'A1B2C3D4E5',
    'nine characters': 'a1b2c3d4e',
    'eleven characters': 'a1b2c3d4e5f',
    'with a newline': 'a1b2c3d4e5%0a',
    SQL: "'%20or%201=1--",
    __proto__: '__proto__',
    constructor: 'constructor',
    'of a wildcard': '*',
    'of a parameter': ':jobid',
    '200 characters': 'a'.repeat(200),
    '201 characters': 'a'.repeat(201),
    '5,000 characters': 'a'.repeat(5_000),
    'broken percent': '%zz',
    'a lone percent': '%',
    'half of UTF-8': '%c3',
    'no UTF-8': '%ff%fe',
    'surrogates as UTF-8': '%ed%a0%80',
  };
  it.each(Object.entries(ids))('with an id of %s is answered in order', async (name, id) => {
    for (const target of [`/v2/jobs/${id}`, `/v2/jobs/${id}/transcript`, `/v2/${id}`, `/${id}`]) {
      expectOrderly(await get(target), `${name} ${target.slice(0, 40)}`);
    }
    const remove = [bearer(server.bootstrap.management_token)];
    expectOrderly(await rawAnswer(server, requestHead('DELETE', `/v1/api-keys/${id}`, remove)), name);
    expectOrderly(
      await rawAnswer(server, requestHead('DELETE', `/v2/jobs/${id}`, [bearer(server.bootstrap.api_key)])),
      name,
    );
  });

  it.each(['%zz', 'a'.repeat(201), '%ff'])('under /v2 of %s is 401 without a credential', async (id) => {
    const answer = await rawAnswer(server, requestHead('GET', `/v2/jobs/${id}`));
    expectOrderly(answer);
    expect(answer.body).toBe('{"code":401,"error":"Permission Denied"}');
  });

  it('is the same route, however it is spelt', async () => {
    const spellings = ['/v2/jobs', '/v2/jobs/', '/%762/jobs', '/v2/%6aobs', 'http://127.0.0.1/v2/jobs'];
    for (const target of [...spellings, '/v2/jobs?', '/v2/jobs#x', 'HTTP://x/v2/jobs']) {
      const answer = await get(target);
      expectOrderly(answer, target);
      expect([200, 404], target).toContain(answer.status);
    }
    expect((await get('/v2/jobs')).status).toBe(200);
    expect((await get('/v2/jobs/')).status).toBe(200);
  });

  it('of another shape is answered in order', async () => {
    for (const target of [
      '//v2/jobs',
      '/v2//jobs',
      '/V2/jobs',
      '/v2/jobs;limit=1',
      '*',
      '/\\v2\\jobs',
      '/v2\\jobs',
      '/.',
      '/..',
      '/?',
      '/favicon.ico',
      '/.env',
      '/metrics',
      '/v2/jobs/%2e%2e/%2e%2e/health/live',
    ])
      expectOrderly(await get(target), target);
  });
});

describe('a query', () => {
  let jobId: string;
  beforeAll(async () => {
    jobId = await submitSpeech(server, server.bootstrap.api_key);
  });

  const junk: Record<string, readonly string[]> = {
    limit: [
      '0',
      '-1',
      'abc',
      '1e3',
      '101',
      '1.5',
      '',
      '%20',
      '0x10',
      '99999999999999999999',
      'NaN',
      'null',
      '%00',
      '1%00',
      'true',
      '%ff',
    ],
    include_deleted: ['yes', '1', 'TRUE', '', 'null', '%00'],
    created_before: [
      'abc',
      '',
      '0',
      '2024-01-01',
      '2024-13-01T00:00:00Z',
      '2024-01-01T00:00:00',
      '2024-01-01T25:00:00Z',
      '2024-01-01T00:00:00.0123456789Z',
      "2024-01-01T00:00:00Z';--",
      '%00',
      '99999-01-01T00:00:00Z',
      '-000001-01-01T00:00:00Z',
    ],
    created_after: ['abc', '', '2024-02-30', '%00'],
    wait: ['abc', '-1', '1.5', '1e3', '', 'null', '99999999999999999999', '%00'],
    format: ['pdf', '', 'TXT', 'json', 'json-v1', '%00', '__proto__'],
    force: ['yes', '1', '', 'null', 'TRUE'],
  };
  const targets = (): Record<string, readonly [method: string, target: string]> => ({
    limit: ['GET', '/v2/jobs'],
    include_deleted: ['GET', '/v2/jobs'],
    created_before: ['GET', '/v2/jobs'],
    created_after: ['GET', '/v2/jobs'],
    wait: ['GET', `/v2/jobs/${jobId}`],
    format: ['GET', `/v2/jobs/${jobId}/transcript`],
    force: ['DELETE', `/v2/jobs/0000000000`],
  });

  it.each(Object.entries(junk))('with a bad %s is 422', async (name, values) => {
    const [method, target] = targets()[name] ?? ['GET', '/'];
    for (const value of values) {
      const head = requestHead(method, `${target}?${name}=${value}`, [bearer(server.bootstrap.api_key)]);
      const answer = await rawAnswer(server, head);
      expectOrderly(answer, `${name}=${value}`);
      expect(answer.status, `${name}=${value}`).toBe(422);
      expect(JSON.parse(answer.body).detail).toMatch(new RegExp(`^${name} in query `));
    }
  });

  it('with a good value is answered', async () => {
    const good = ['limit=1', 'limit=100', 'include_deleted=true', 'created_before=2024-01-01T00:00:00Z'];
    const more = [
      'created_before=2024-01-01T00:00:00.123456789%2B02:00',
      'created_after=2024-01-01T00:00:00z',
    ];
    for (const query of [...good, ...more]) expect((await get(`/v2/jobs?${query}`)).status, query).toBe(200);
    expect((await get(`/v2/jobs/${jobId}?wait=0`)).status).toBe(200);
    expect((await get(`/v2/jobs/${jobId}/transcript?wait=20&format=srt`)).status).toBe(200);
  });

  it('with a time at the edge of time is answered in order', async () => {
    const edges = ['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'];
    const offsets = ['0000-01-01T00:00:00%2B23:59', '9999-12-31T23:59:59-23:59', '2024-02-30T00:00:00Z'];
    const leap = ['2024-06-30T23:59:60Z', '2024-01-01T24:00:00Z', '2024-01-01T00:00:00%2B99:99'];
    const faults: string[] = [];
    for (const edge of [...edges, ...offsets, ...leap]) {
      for (const name of ['created_before', 'created_after']) {
        const { status } = await get(`/v2/jobs?${name}=${edge}`);
        if (status !== 200 && status !== 422) faults.push(`${name}=${edge}: ${status}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('with unknown parameters, also odd ones, is answered', async () => {
    for (const query of [
      'sm-sdk=js-1',
      '__proto__=1',
      'constructor=1',
      'toString=1',
      '=',
      '&&&',
      '=x',
      '%00=1',
      'a[b]=c',
      'a[]=1',
      '%',
      '?',
      'x=%zz',
      `x=${'y'.repeat(10_000)}`,
    ])
      expect((await get(`/v2/jobs?${query}`)).status, query.slice(0, 20)).toBe(200);
  });
});

describe('a method', () => {
  it('that a path does not have is 404 or 405, and 401 without a credential', async () => {
    const methods = ['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'LINK', 'M-SEARCH'];
    for (const method of methods) {
      const answer = await rawAnswer(
        server,
        requestHead(method, '/v2/jobs', [bearer(server.bootstrap.api_key)]),
      );
      expectOrderly(answer, method);
      expect([404, 405], method).toContain(answer.status);
      expect((await rawAnswer(server, requestHead(method, '/v2/jobs'))).status, method).toBe(401);
    }
  });

  it('documented as 405 is answered so', async () => {
    expect(
      (await rawAnswer(server, requestHead('PUT', '/v2/jobs', [bearer(server.bootstrap.api_key)]))).status,
    ).toBe(405);
  });

  it('that is none is answered in order', async () => {
    for (const method of ['FOO', 'get', 'GET\t', ''])
      expectOrderly(await rawAnswer(server, requestHead(method, '/v2/jobs')), method);
  });

  it('cannot be overridden', async () => {
    const id = await submitSpeech(server, server.bootstrap.api_key);
    await get(`/v2/jobs/${id}?_method=DELETE`, [['X-HTTP-Method-Override', 'DELETE']]);
    expect((await get(`/v2/jobs/${id}?wait=0`)).status).toBe(200);
  });

  it('OPTIONS asks nobody who they are and tells nothing', async () => {
    for (const target of ['/v2/jobs', '/v2/nope', '*', '/v1/api_keys']) {
      const answer = await rawAnswer(server, requestHead('OPTIONS', target));
      expect(answer.status, target).toBe(204);
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
    }
  });
});

describe('the framing of a request', () => {
  const post = (headers: readonly Header[], body = '') =>
    rawAnswer(
      server,
      `${requestHead('POST', '/v1/api_keys', [bearer(server.bootstrap.api_key), ...headers])}${body}`,
    );

  it.each<[string, Header[], string]>([
    [
      'two lengths',
      [
        ['Content-Length', '10'],
        ['Content-Length', '11'],
      ],
      '{"ttl":60}',
    ],
    ['a list of lengths', [['Content-Length', '10, 10']], '{"ttl":60}'],
    ['a negative length', [['Content-Length', '-1']], ''],
    ['a length with a sign', [['Content-Length', '+10']], '{"ttl":60}'],
    ['a length in hexadecimal', [['Content-Length', '0xa']], '{"ttl":60}'],
    ['a length that is text', [['Content-Length', 'ten']], '{"ttl":60}'],
    ['a length beyond all numbers', [['Content-Length', '9'.repeat(40)]], '{"ttl":60}'],
    [
      'length and chunks',
      [
        ['Content-Length', '10'],
        ['Transfer-Encoding', 'chunked'],
      ],
      '0\r\n\r\n',
    ],
    [
      'chunks and length',
      [
        ['Transfer-Encoding', 'chunked'],
        ['Content-Length', '10'],
      ],
      '0\r\n\r\n',
    ],
    [
      'chunked twice',
      [
        ['Transfer-Encoding', 'chunked'],
        ['Transfer-Encoding', 'identity'],
      ],
      '0\r\n\r\n',
    ],
    ['chunked, then something', [['Transfer-Encoding', 'chunked, identity']], '0\r\n\r\n'],
    ['chunked with a tab', [['Transfer-Encoding', '\x0bchunked']], '0\r\n\r\n'],
    ['a chunk size that is none', [['Transfer-Encoding', 'chunked']], 'ZZ\r\n'],
    ['a chunk size beyond all numbers', [['Transfer-Encoding', 'chunked']], `${'f'.repeat(40)}\r\n`],
    ['a name with a space', [['Content-Length ', '10']], '{"ttl":60}'],
    ['a header over two lines', [['X-A', 'a\r\n b']], ''],
    ['a bare newline in a header', [['X-A', 'a\nX-B: b']], ''],
    ['a NUL in a header', [['X-A', 'a\0b']], ''],
  ])('with %s is refused in order, and mints nothing', async (_, headers, body) => {
    const answer = await post(headers, body);
    expectOrderly(answer);
    expect(answer.status).toBeGreaterThanOrEqual(400);
  });

  it('leads to one answer for one request', async () => {
    const smuggled = `${requestHead('POST', '/v2/nope', [
      bearer(server.bootstrap.api_key),
      ['Connection', 'keep-alive'],
      ['Content-Length', '5'],
    ])}0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    const { answers } = await exchange(server, smuggled, { untilAnswered: false, limitMs: 1_500 });
    expect(answers.map(({ status }) => status)).toEqual([404, 200]);
  });

  it('without a Host, or with several, is answered in order', async () => {
    const auth = `Authorization: Bearer ${server.bootstrap.api_key}\r\n`;
    expectOrderly(
      await rawAnswer(server, `GET /v2/jobs HTTP/1.1\r\nConnection: close\r\n${auth}\r\n`),
      'none',
    );
    expectOrderly(
      await rawAnswer(
        server,
        `GET /v2/jobs HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n${auth}\r\n`,
      ),
      'two',
    );
    for (const host of ['', '[', '..', 'a b', 'x'.repeat(5_000), 'us1.asr.api.localhost:1:2', '%00'])
      expectOrderly(await get('/v2/jobs', [['Host', host]]), host.slice(0, 20));
  });

  it('of a head of 1 MB comes through every time, though it was not read to its end', async () => {
    const head = requestHead('GET', '/v2/jobs', [['X-A', 'a'.repeat(1_000_000)]]);
    const crowd = Array.from({ length: 60 }, () => rawAnswer(server, head, { limitMs: 30_000 }));
    for (const { status } of await Promise.all(crowd)) expect(status).toBe(431);
  });

  it('of a head that is too large is 431', async () => {
    const floods: Header[][] = [
      [['X-A', 'a'.repeat(20_000)]],
      Array.from({ length: 1_500 }, (_, index): Header => [`X-${index}`, 'aaaaaaaa']),
      [['Cookie', 'a=b; '.repeat(10_000)]],
    ];
    for (const headers of floods) {
      const answer = await get('/v2/jobs', headers);
      expectOrderly(answer);
      expect(answer.status).toBe(431);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 431, error: 'Bad Request' });
    }
    const longUrl = await get(`/v2/jobs?x=${'y'.repeat(20_000)}`);
    expectOrderly(longUrl);
    expect(longUrl.status).toBe(431);
  });

  it('that is no HTTP is answered in order', async () => {
    for (const bytes of [
      'GARBAGE\r\n\r\n',
      'GET\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'GET / HTTP/1.1\r\n: x\r\n\r\n',
    ])
      expectOrderly(await rawAnswer(server, bytes), JSON.stringify(bytes.slice(0, 20)));
  });
});

describe.each([
  ['the port of the server', () => server.baseUrl],
  ['the port of an environment', () => `http://127.0.0.1:${environmentPort}`],
])('on %s', (_, baseUrl) => {
  const address = () => ({ baseUrl: baseUrl() });
  const upload = (key: string, ...headers: Header[]) =>
    requestHead('POST', '/v2/jobs', [
      bearer(key),
      ['Connection', 'keep-alive'],
      ['Content-Type', 'multipart/form-data; boundary=x'],
      ...headers,
    ]);
  const GIGABYTE: Header = ['Content-Length', '1000000000'];
  const EXPECT: Header = ['Expect', '100-continue'];

  it('the good twin is answered', async () => {
    expect((await ask(address(), '/v2/jobs', { key: server.bootstrap.api_key })).status).toBe(200);
  });

  it('1 GB with a bad key is 401 before it is read, and the connection ends', async () => {
    for (const framing of [GIGABYTE, ['Transfer-Encoding', 'chunked'] as const]) {
      const first = framing === GIGABYTE ? '' : '10000000\r\n';
      // Nothing of the body is sent here: an answer that waited for some would not come.
      const early = await exchange(address(), upload('bad', framing), { limitMs: 2_000 });
      expect(early.answers.map(({ status }) => status)).toEqual([401]);
      expect(early.durationMs).toBeLessThan(1_000);
      const flooded = await exchange(address(), `${upload('bad', framing)}${first}`, {
        untilAnswered: false,
        limitMs: 5_000,
        flood: Buffer.alloc(65_536),
      });
      expect(flooded.ended).toBe(true);
      expect(flooded.durationMs).toBeLessThan(3_000);
      // What the server takes, and what the kernels of both sides hold.
      expect(flooded.sentBytes).toBeLessThan(16_000_000);
    }
  });

  it('a slow body with a bad key is 401 and the connection ends within about a second', async () => {
    const slow = await exchange(address(), `${upload('bad', ['Content-Length', '1000'])}--x`, {
      untilAnswered: false,
      limitMs: 5_000,
    });
    expect(slow.answers.map(({ status }) => status)).toEqual([401]);
    expect(slow.ended).toBe(true);
    expect(slow.durationMs).toBeLessThan(2_500);
  });

  it('Expect with a bad key is 401 alone', async () => {
    const { answers } = await exchange(address(), upload('bad', GIGABYTE, EXPECT), { limitMs: 2_000 });
    expect(answers.map(({ status }) => status)).toEqual([401]);
  });

  it('Expect with a good key is told to go on, once', async () => {
    const head = upload(server.bootstrap.api_key, ['Content-Length', '7'], EXPECT);
    const { answers } = await exchange(address(), `${head}--x--\r\n`, { limitMs: 2_000 });
    expect(answers.map(({ status }) => status)).toEqual([100, 400]);
  });

  it('Expect of something else is answered in order', async () => {
    expectOrderly(await rawAnswer(address(), upload('bad', ['Content-Length', '0'], ['Expect', 'banana'])));
  });

  it('who asks for another protocol is answered in HTTP, with all that was sent', async () => {
    const mint = requestHead('POST', '/v1/api_keys', [
      bearer(server.bootstrap.api_key),
      ['Connection', 'Upgrade, HTTP2-Settings'],
      ['Upgrade', 'h2c'],
      ['Content-Length', '10'],
    ]);
    const bytes = `${mint}{"ttl":60}${requestHead('GET', '/health/live')}`;
    const { answers } = await exchange(address(), bytes, { untilAnswered: false });
    expect(answers.map(({ status }) => status)).toEqual([201, 200]);
  });

  it('a refused upgrade ends its connection, whatever was wrong with it', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    for (const [head, status] of [
      ['GET /v2 HTTP/1.1\r\nHost: x\r\n', 401],
      ['GET /v2 HTTP/1.1\r\n', 400],
      ['GET /nope HTTP/1.1\r\nHost: x\r\n', 404],
      [`GET /v2 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.bootstrap.api_key}\r\n`, 400],
    ] as const) {
      const { answers, ended } = await exchange(address(), head + upgrade, { untilAnswered: false });
      expect({ ended, statuses: answers.map((answer) => answer.status) }).toEqual({
        ended: true,
        statuses: [status],
      });
      expectOrderly(answers[0] as RawAnswer, head.slice(0, 20));
    }
  });

  it('what is no HTTP is answered in order', async () => {
    expectOrderly(await rawAnswer(address(), 'GARBAGE\r\n\r\n'));
    const flood = requestHead('GET', '/v2/jobs', [['X-A', 'a'.repeat(20_000)]]);
    expectOrderly(await rawAnswer(address(), flood));
  });
});

describe('a large upload that is refused at once', () => {
  it.each([
    ['401 for a bad key', 401, () => 'bad'],
    ['400 for a bad config', 400, () => server.bootstrap.api_key],
  ])('shows an ordinary client its %s', async (_, status, key) => {
    const seen: (number | string)[] = [];
    for (let count = 0; count < 20; count += 1) {
      const body = new FormData();
      body.append('config', '{');
      body.append('data_file', new Blob([new Uint8Array(8_000_000)]), 'a.wav');
      const headers = { connection: 'close' };
      const answer = ask(server, '/v2/jobs', { method: 'POST', key: key(), headers, body });
      seen.push(
        await answer.then(
          (one) => one.status,
          (error: Error) => String((error.cause as { code?: string } | undefined)?.code),
        ),
      );
    }
    expect(seen).toEqual(Array(20).fill(status));
  });
});

describe('a page', () => {
  it.each<[string, Header, number]>([
    ['a range beyond its end', ['Range', 'bytes=999999999-'], 200],
    ['another version of it', ['If-Match', '"x"'], 400],
    ['none of before its time', ['If-Unmodified-Since', 'Thu, 01 Jan 1970 00:00:00 GMT'], 400],
  ])('that is asked for %s is no fault of the server', async (_, header, status) => {
    const answer = await rawAnswer(server, requestHead('GET', '/portal/', [header]));
    expectOrderly(answer);
    expect(answer.status).toBe(status);
  });
});

describe('the server', () => {
  it('has not failed once in all this', async () => {
    await sleep(100);
    expect((await ask(server, '/health/ready')).status).toBe(200);
    const faults = server.logs().filter((line) => line.includes('"level":50'));
    expect([
      ...new Set(faults.map((line) => (JSON.parse(line) as { reason: string }).reason.slice(0, 60))),
    ]).toEqual([]);
  });
});

describe('a query parameter given twice', () => {
  // Last in this file: it has ended servers.
  afterEach(async () => {
    const alive = await ask(server, '/health/live').then(
      ({ status }) => status === 200,
      () => false,
    );
    if (alive) return;
    await server.stop();
    server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
  });

  it('does not end the server, though nobody is known to have asked', async () => {
    const answer = await rawAnswer(server, requestHead('GET', '/health/live?x=1&x=2')).catch(String);
    expect(await ask(server, '/health/live').then(({ status }) => status, String)).toBe(200);
    expect(answer).toMatchObject({ status: expect.toSatisfy((status: number) => status < 500) });
  });

  it('is 401 without a credential', async () => {
    const answer = await rawAnswer(server, requestHead('GET', '/v2/jobs?limit=1&limit=2')).catch(String);
    expect(answer).toMatchObject({ status: 401, body: '{"code":401,"error":"Permission Denied"}' });
  });

  it('is 422 with one, and mints nothing', async () => {
    const head = requestHead('POST', '/v1/api_keys?type=rt&type=batch', [
      bearer(server.bootstrap.api_key),
      ['Content-Type', 'application/json'],
      ['Content-Length', '10'],
    ]);
    const answer = await rawAnswer(server, `${head}{"ttl":60}`).catch(String);
    expect(answer).toMatchObject({ status: 422, body: expect.stringContaining('type in query') });
  });
});
