import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type AskOptions, ask, createApiKey, mintKey } from '../helpers/api.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** What holds for every answer of the server, whatever the request. */
const REQUEST_ID = /^[0-9a-f]{32}$/;
const CONTACT = 'help@example.test';
/** Jobs per second, and at once; low, so that the test of the limit is short. */
const BURST = 2;

let server: RunningServer;
let key: string;
beforeAll(async () => {
  server = await startServer({
    isEmbedded: true,
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_DOMAIN: 'example.test',
      PARLEY_SUPPORT_CONTACT: CONTACT,
      PARLEY_RATE_SUBMIT: `1/${BURST}`,
    },
  });
  key = server.bootstrap.api_key;
});
afterAll(() => server.stop());

const call = (path: string, options: AskOptions = {}) => ask(server, path, options);

function expectError(answer: Pick<Answer, 'status' | 'text' | 'headers'>, status: number): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('request-id')).toMatch(REQUEST_ID);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(JSON.parse(answer.text)).toMatchObject({ error: expect.stringMatching(/\w/) });
}

describe('health', () => {
  it.each([
    ['/health/live', 'live'],
    ['/health/ready', 'ready'],
  ])('%s answers without a credential', async (path, status) => {
    const answer = await call(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('request-id')).toMatch(REQUEST_ID);
    expect(answer.json()).toEqual({ status });
  });
});

describe('without a credential', () => {
  it.each([
    ['GET', '/v2/jobs'],
    ['POST', '/v2/jobs'],
    ['PUT', '/v2/jobs'],
    ['PATCH', '/v2/jobs/0000000000'],
    ['GET', '/v2/jobs/0000000000'],
    ['GET', '/v2/jobs/0000000000/transcript'],
    ['DELETE', '/v2/jobs/0000000000'],
    ['GET', '/v2/jobs?limit=1&limit=2'],
    ['GET', '/v2/jobs?limit=junk'],
    ['GET', `/v2/jobs/${'x'.repeat(300)}`],
    ['GET', '/v2/%zz'],
    ['GET', '/v2/jobs/%E0%A4%A'],
    ['GET', '/v2'],
    ['GET', '/v2/'],
    ['GET', '/v2/nothing'],
    ['GET', '/v2?x'],
    ['GET', '/v1'],
    ['GET', '/v1/nothing/at/all'],
    ['GET', '/v1/discovery'],
    ['GET', '/v1/discovery/features/more'],
    ['POST', '/v1/api_keys'],
    ['GET', '/v1/api-keys'],
    ['DELETE', '/v1/api-keys/key_0000000000000000'],
    ['PUT', '/v1/api-keys'],
    ['POST', '/v1/operator/signing-keys/rotate'],
  ])('%s %s is 401, whether or not it exists', async (method, path) => {
    const raw = await rawAnswer(server, requestHead(method, path));
    expect(raw.status).toBe(401);
    expect(raw.headers.get('content-type')).toMatch(/^application\/json/);
    expect(raw.headers.get('request-id')).toMatch(REQUEST_ID);
    expect(raw.body).toBe('{"code":401,"error":"Permission Denied"}');
  });

  it('HEAD is 401 too', async () => {
    expect((await call('/v2/jobs', { method: 'HEAD' })).status).toBe(401);
  });

  it.each(['/nothing', '/v3/jobs', '/v2jobs', '/health', '/health/live/x', '/.well-known/x', '/index.html'])(
    '%s does not exist',
    async (path) => {
      const answer = await call(path);
      expectError(answer, 404);
      expect(answer.json()).toMatchObject({ code: 404, error: 'Not Found' });
    },
  );

  it.each(['/v1/discovery/features', '/.well-known/jwks.json', '/openapi.json'])(
    '%s is public',
    async (path) => {
      const answer = await call(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      expect(answer.headers.get('request-id')).toMatch(REQUEST_ID);
      expect(Object.keys(answer.json()).length).toBeGreaterThan(0);
    },
  );
});

describe('with a credential', () => {
  it.each(['/v2', '/v2/nothing', '/v2/jobs/0000000000/nothing', '/v1', '/v1/nothing', '/v2/%zz'])(
    'the unknown path %s is 404',
    async (path) => {
      const raw = await rawAnswer(server, requestHead('GET', path, [bearer(key)]));
      expect(raw.status).toBe(404);
      expect(JSON.parse(raw.body)).toMatchObject({ code: raw.status, error: expect.any(String) });
      expect(raw.headers.get('request-id')).toMatch(REQUEST_ID);
    },
  );

  it('every refusal carries its status as `code`, and an id of its own', async () => {
    const json = { 'content-type': 'application/json' };
    const answers: [Answer, number][] = [
      [await call('/v2/jobs/0000000000', { key }), 404],
      [await call('/v2/jobs?limit=0', { key }), 422],
      [await call('/v2/jobs?limit=1&limit=2', { key }), 422],
      [await call('/v2/jobs', { key, method: 'POST', headers: json, body: '{}' }), 400],
      [await call('/v2/jobs', { key: server.bootstrap.management_token }), 401],
      [await call('/v2/jobs', { key: await mintKey(server, key, { type: 'rt' }) }), 403],
      [await call('/v1/api_keys', { key, method: 'POST', headers: json, body: '{"ttl":' }), 400],
      [
        await call('/v1/api_keys', { key, method: 'POST', body: JSON.stringify({ x: 'x'.repeat(2e6) }) }),
        413,
      ],
    ];
    for (const [answer, status] of answers) {
      expectError(answer, status);
      expect(answer.json()).toMatchObject({ code: status });
    }
    const ids = answers.map(([{ headers }]) => headers.get('request-id'));
    expect(new Set(ids).size).toBe(answers.length);
  });

  it('management refusals say the same in `message`, which its client shows', async () => {
    const answer = await call('/v1/api_keys', { key, method: 'POST', body: '{"ttl":30}' });
    expectError(answer, 422);
    const detail = 'ttl in body should be greater than or equal to 60';
    expect(answer.json()).toEqual({ code: 609, error: 'Unprocessable Entity', detail, message: detail });
  });

  it.each(['NOT HTTP AT ALL\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n'])(
    'bytes that are not HTTP (%j) are answered in JSON',
    async (bytes) => {
      const raw = await rawAnswer(server, bytes);
      expect(raw.status).toBe(400);
      expect(JSON.parse(raw.body)).toMatchObject({ code: 400, error: 'Malformed request' });
      expect(raw.headers.get('request-id')).toMatch(REQUEST_ID);
    },
  );

  it('a head that is too large is answered in JSON', async () => {
    const raw = await rawAnswer(server, requestHead('GET', '/v2/jobs', [['X-Large', 'x'.repeat(200_000)]]));
    expect(raw.status).toBe(431);
    expect(JSON.parse(raw.body)).toMatchObject({ code: 431 });
    expect(raw.headers.get('request-id')).toMatch(REQUEST_ID);
  });
});

describe('a page of another origin', () => {
  it.each([
    '/v2/jobs',
    '/v2/jobs/0000000000',
    '/v1/api_keys',
    '/v1/discovery/features',
    '/v2/nothing',
    '/nothing',
  ])('may ask before it calls %s, without a credential', async (path) => {
    const headers = {
      origin: 'https://app.example',
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization,content-type',
    };
    const answer = await call(path, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      expect(answer.headers.get('access-control-allow-methods')).toContain(method);
    }
    const allowed = answer.headers.get('access-control-allow-headers')?.toLowerCase();
    for (const name of ['authorization', 'content-type', 'x-request-id']) expect(allowed).toContain(name);
    expect(answer.headers.get('request-id')).toMatch(REQUEST_ID);
  });

  it('may read the id and the wait of every refusal', async () => {
    const headers = { origin: 'https://app.example' };
    const answers = [
      await call('/v2/jobs', { headers }),
      await call('/v2/jobs/0000000000', { headers, key }),
      await call('/v2/jobs?limit=0', { headers, key }),
      await call('/v1/api_keys', { headers, method: 'POST', key: 'junk' }),
      await call('/nothing', { headers }),
    ];
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-expose-headers')).toMatch(/Request-Id.*Retry-After/);
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });
});

describe('the host name', () => {
  const asHost = (host: string, target = '/v2/jobs', credential = key) =>
    rawAnswer(server, requestHead('GET', target, [['Host', host], bearer(credential)]));

  it.each([
    'asr.api.example.test',
    'ASR.API.EXAMPLE.TEST:443',
    '127.0.0.1',
    'localhost:8080',
    'elsewhere.example',
  ])('%s leads an on-demand customer to its environment', async (host) => {
    expect((await asHost(host)).status).toBe(200);
  });

  it.each(['eu1.asr.api.example.test', 'eu.asr.api.example.test', 'eu2.asr.api.example.test'])(
    '%s is for enterprise customers, and says whom to ask',
    async (host) => {
      const { status, body } = await asHost(host);
      expect(status).toBe(403);
      expect(JSON.parse(body)).toEqual({
        code: 403,
        error: 'Forbidden',
        detail: expect.stringMatching(`on-demand.*${CONTACT}`),
      });
    },
  );

  it.each(['us.asr.api', 'us1.asr.api', 'us2.asr.api', 'au1.asr.api'])(
    '%s is in a region that does not know the key',
    async (host) => {
      const { status, body } = await asHost(`${host}.example.test`);
      expect(status).toBe(401);
      expect(body).toBe('{"code":401,"error":"Permission Denied"}');
    },
  );

  it('does not matter for management', async () => {
    for (const host of ['mp.example.test', 'mp.api.example.test', '127.0.0.1']) {
      const { status } = await asHost(host, '/v1/api-keys', server.bootstrap.management_token);
      expect(status).toBe(200);
    }
  });
});

describe('the rate limit', () => {
  /** A submission without a form: counted, then refused as 400. */
  const submit = (credential: string) => call('/v2/jobs', { method: 'POST', key: credential });

  it('answers 429 with Retry-After beyond the burst, to that key alone', async () => {
    const mine = await createApiKey(server, { name: 'Fast' });
    const other = await createApiKey(server, { name: 'Slow' });
    const startedMs = Date.now();
    const answers = await Promise.all(Array.from({ length: 12 }, () => submit(mine)));
    const refused = answers.filter(({ status }) => status === 429);
    const earned = Math.ceil((Date.now() - startedMs) / 1_000);
    expect(refused.length).toBeGreaterThanOrEqual(12 - BURST - earned);
    expect(refused.length).toBeLessThanOrEqual(12 - BURST);
    for (const answer of refused) {
      expectError(answer, 429);
      expect(answer.json()).toMatchObject({ code: 429, error: 'Rate Limited' });
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    }
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(12 - refused.length);
    expect((await submit(other)).status).toBe(400);
    expect((await call('/v2/jobs', { key: mine })).status).toBe(200);
    await sleep(1_000 * Number(refused[0]?.headers.get('retry-after')));
    expect((await submit(mine)).status).toBe(400);
  });

  it('is not escaped by minting keys', async () => {
    const mine = await createApiKey(server, { name: 'Minting' });
    const minted = await Promise.all(
      Array.from({ length: 12 }, (_, index) => mintKey(server, mine, { client_ref: `USER${index}` })),
    );
    const startedMs = Date.now();
    const answers = await Promise.all(minted.map(submit));
    const earned = Math.ceil((Date.now() - startedMs) / 1_000);
    expect(answers.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(BURST + earned);
  });

  it('does not turn wrong credentials away', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => call('/v2/jobs', { key: 'junk' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  });
});
