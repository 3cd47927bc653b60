import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { openServer } from '../../src/db/server.ts';
import { createSecret } from '../../src/identity/secrets/secret.ts';
import { ask, mintKey } from '../helpers/api.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { bearer, exchange, type RawAnswer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { BAD_CLAIMS, type Forge, stealSigningKey } from '../helpers/signed-tokens.ts';

const BODY = '{"code":401,"error":"Permission Denied"}';
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const parse = (segment = ''): Record<string, unknown> =>
  JSON.parse(Buffer.from(segment, 'base64url').toString());

let databaseUrl: string;
let server: RunningServer;
let database: Database;
let forge: Forge;
let publicKey: KeyObject;
let publicJwk: Record<string, string>;
let token: string;
let refused: RawAnswer;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  // More requests than a caller may make by default.
  const rates = { PARLEY_RATE_READ: '10000/10000', PARLEY_RATE_MINT: '10000/10000' };
  server = await startServer({
    env: { ...rates, PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: databaseUrl },
  });
  database = await openServer(databaseUrl, pino({ level: 'silent' }));
  const jwks = await ask(server, '/.well-known/jwks.json');
  const [jwk] = jwks.json<{ keys: Record<string, string>[] }>().keys;
  if (!jwk) throw new Error('the server shows no public key');
  publicJwk = jwk;
  publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  token = await mintKey(server, server.bootstrap.api_key, { client_ref: 'USER123' });
  forge = await stealSigningKey(database, server.dataDir, token);
  refused = await rawAnswer(server, requestHead('GET', '/v2/jobs'));
});

afterAll(async () => {
  await server?.stop();
  await database?.close();
});

/** Everything of an answer but what is different in each. */
const shape = ({ status, headers, body }: RawAnswer) => ({
  status,
  body,
  headers: [...headers].filter(([name]) => name !== 'request-id' && name !== 'date').sort(),
});

const listWith = (...headers: (readonly [string, string])[]): Promise<RawAnswer> =>
  rawAnswer(server, requestHead('GET', '/v2/jobs', headers));

async function expectRefused(...headers: (readonly [string, string])[]): Promise<void> {
  expect(shape(await listWith(...headers))).toEqual(shape(refused));
}

async function expectAccepted(...headers: (readonly [string, string])[]): Promise<void> {
  expect((await listWith(...headers)).status).toBe(200);
}

const claimsOf = (text: string): Record<string, unknown> => parse(text.split('.')[1]);
describe('no credential', () => {
  it('is answered 401 with the one body, a request id and no hint', async () => {
    expect(refused.status).toBe(401);
    expect(refused.body).toBe(BODY);
    expect(refused.headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(refused.headers.get('content-type')).toMatch(/^application\/json/);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(refused.headers.has('www-authenticate')).toBe(false);
  });

  it.each(['/v2/nope', '/v2', '/v1/nope', '/v1', '/v2/jobs/0000000000/nope', '/v2/usage', '/v2/jobs/'])(
    'learns nothing of %s',
    async (target) => {
      expect(shape(await rawAnswer(server, requestHead('GET', target)))).toEqual(shape(refused));
      expect((await rawAnswer(server, requestHead('GET', target, [bearer('none')]))).body).toBe(BODY);
    },
  );

  it('is refused by path, however the path is spelt', async () => {
    const spellings = ['/%762/nope', '/v%32/nope', 'http://127.0.0.1/v2/nope', '/v2/%6eope', '/v1/jobs/%zz'];
    const statuses = await Promise.all(
      spellings.map(async (target) => (await rawAnswer(server, requestHead('GET', target))).status),
    );
    expect(Object.fromEntries(spellings.map((target, index) => [target, statuses[index]]))).toEqual(
      Object.fromEntries(spellings.map((target) => [target, 401])),
    );
  });
});

describe('an Authorization header', () => {
  const good: Record<string, (key: string) => string> = {
    'as documented': (key) => `Bearer ${key}`,
    'in lower case': (key) => `bearer ${key}`,
    'in upper case': (key) => `BEARER ${key}`,
    'with two spaces (RFC 9110: 1*SP)': (key) => `Bearer  ${key}`,
  };
  it.each(Object.entries(good))('%s is accepted', async (_, header) => {
    await expectAccepted(['Authorization', header(server.bootstrap.api_key)]);
    await expectAccepted(['Authorization', header(token)]);
  });

  const bad: Record<string, (key: string) => string> = {
    empty: () => '',
    'Bearer alone': () => 'Bearer',
    'Bearer and a space': () => 'Bearer ',
    'Bearer None': () => 'Bearer None',
    'Bearer undefined': () => 'Bearer undefined',
    'Basic with the key': (key) => `Basic ${key}`,
    'Basic, encoded': (key) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
    'Token with the key': (key) => `Token ${key}`,
    'the key alone': (key) => key,
    'without a space': (key) => `Bearer${key}`,
    'with a colon': (key) => `Bearer: ${key}`,
    'with a tab': (key) => `Bearer\t${key}`,
    'with a word behind': (key) => `Bearer ${key} x`,
    'with the key twice': (key) => `Bearer ${key} ${key}`,
    'with a comma': (key) => `Bearer ${key}, Bearer ${key}`,
    'in quotes': (key) => `Bearer "${key}"`,
    'with a byte before': (key) => `Bearer \xa0${key}`,
    'in the other case': (key) => `Bearer ${key.toLowerCase()}`,
    'without its last character': (key) => `Bearer ${key.slice(0, -1)}`,
    'with one character more': (key) => `Bearer ${key}A`,
    'with a wrong checksum': (key) => `Bearer ${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`,
    'of another kind of secret': (key) => `Bearer ${key.replace('ply_', 'plym_')}`,
    'percent-encoded': (key) => `Bearer ${key.replace('_', '%5f')}`,
  };
  it.each(Object.entries(bad))('%s is refused', async (_, header) => {
    await expectRefused(['Authorization', header(server.bootstrap.api_key)]);
  });

  it('given twice is refused, whichever is good', async () => {
    const key = bearer(server.bootstrap.api_key);
    await expectAccepted(key);
    await expectRefused(key, key);
    await expectRefused(key, bearer('none'));
    await expectRefused(bearer('none'), key);
    await expectRefused(key, ['authorization', `Bearer ${token}`]);
  });

  it('cannot be replaced by another place', async () => {
    const key = server.bootstrap.api_key;
    await expectRefused(['Proxy-Authorization', `Bearer ${key}`]);
    await expectRefused(['X-Api-Key', key]);
    await expectRefused(['Cookie', `authorization=Bearer ${key}; jwt=${token}`]);
    await expectRefused(['Sec-WebSocket-Protocol', `bearer, ${token}`]);
    await expectRefused(['Connection', 'close, Authorization']);
    for (const name of ['jwt', 'api_key', 'access_token', 'authorization', 'token']) {
      const target = `/v2/jobs?${name}=${token}`;
      expect(shape(await rawAnswer(server, requestHead('GET', target)))).toEqual(shape(refused));
    }
  });

  it('of internal or proxy headers changes nothing', async () => {
    const spoofed: (readonly [string, string])[] = [
      ['X-Forwarded-For', '127.0.0.1'],
      ['X-SM-Processing-Data', '{"user_id":"admin"}'],
      ['X-Consumer-Id', 'admin'],
      ['X-Verified-Subject', 'admin'],
      ['X-Forwarded-Host', 'us1.asr.api.localhost'],
    ];
    await expectRefused(...spoofed);
    await expectAccepted(...spoofed, bearer(server.bootstrap.api_key));
  });
});

describe('an API key', () => {
  const createKey = async () => {
    const { management_token: key, project_id } = server.bootstrap;
    const body = JSON.stringify({ project_id, name: 'attacked' });
    const answer = await ask(server, '/v1/api-keys', { method: 'POST', key, body });
    return answer.json<{ key_value: string; apikey_id: string }>();
  };
  const revoke = async (id: string) => {
    const options = { method: 'DELETE', key: server.bootstrap.management_token };
    return (await ask(server, `/v1/api-keys/${id}`, options)).status;
  };

  it('that is well formed but unknown is refused, of each kind', async () => {
    for (const kind of ['api-key', 'management-token', 'operator-token'] as const) {
      await expectRefused(bearer(createSecret(kind)));
    }
  });

  it('stored as digest cannot be presented', async () => {
    const rows = await database.sql.selectFrom('api_keys').select('digest').execute();
    expect(rows.length).toBeGreaterThan(0);
    for (const { digest } of rows) {
      const bytes = Buffer.from(digest);
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        await expectRefused(bearer(bytes.toString(encoding)));
      }
    }
  });

  it('is refused once revoked, and so are the temporary keys it minted', async () => {
    const { key_value: key, apikey_id } = await createKey();
    const minted = await Promise.all([
      mintKey(server, key, { client_ref: 'USER123' }),
      mintKey(server, key),
      mintKey(server, key, { type: 'rt' }),
    ]);
    await expectAccepted(bearer(key));
    await expectAccepted(bearer(minted[0]));
    expect((await listWith(bearer(minted[2]))).status).toBe(403);
    expect(await revoke(apikey_id)).toBe(200);
    for (const one of [key, ...minted]) await expectRefused(bearer(one));
    await sleep(1_500);
    for (const one of [key, ...minted]) await expectRefused(bearer(one));
    await expectAccepted(bearer(server.bootstrap.api_key));
  });

  it('is not brought back by requests that were under way when it was revoked', async () => {
    const { key_value: key, apikey_id } = await createKey();
    const child = await mintKey(server, key);
    const inFlight = Array.from({ length: 200 }, (_, index) => listWith(bearer(index % 2 ? key : child)));
    const [revoked, answers] = await Promise.all([revoke(apikey_id), Promise.all(inFlight)]);
    expect(revoked).toBe(200);
    expect(answers.every(({ status }) => status === 200 || status === 401)).toBe(true);
    for (const waitMs of [0, 500]) {
      await sleep(waitMs);
      for (const one of [key, child]) await expectRefused(bearer(one));
    }
  });
});

describe('a forged temporary key', () => {
  const mine = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const forged = (header: object, signature: string | ((input: string) => string)): string => {
    const input = `${encode(header)}.${token.split('.')[1]}`;
    return `${input}.${typeof signature === 'string' ? signature : signature(input)}`;
  };
  const byMe = (input: string): string =>
    sign('sha256', Buffer.from(input), mine.privateKey).toString('base64url');
  const parts = () => token.split('.') as [string, string, string];
  const realHeader = () => parse(parts()[0]);
  const hmac =
    (algorithm: string, key: string | Buffer) =>
    (input: string): string =>
      createHmac(algorithm, key).update(input).digest('base64url');

  const secrets: Record<string, () => string | Buffer> = {
    'the PEM (SPKI)': () => publicKey.export({ format: 'pem', type: 'spki' }),
    'the PEM without its last newline': () =>
      publicKey.export({ format: 'pem', type: 'spki' }).toString().trim(),
    'the PEM (PKCS 1)': () => publicKey.export({ format: 'pem', type: 'pkcs1' }),
    'the DER (SPKI)': () => publicKey.export({ format: 'der', type: 'spki' }),
    'the DER (PKCS 1)': () => publicKey.export({ format: 'der', type: 'pkcs1' }),
    'the JWK': () => JSON.stringify(publicJwk),
    'the modulus as text': () => publicJwk.n ?? '',
    'the modulus': () => Buffer.from(publicJwk.n ?? '', 'base64url'),
    nothing: () => '',
  };
  const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

  const table: Record<string, () => string> = {
    ...Object.fromEntries(
      ['none', 'None', 'NONE', 'nOnE', ''].flatMap((alg) => [
        [`alg "${alg}" without signature`, () => forged({ ...realHeader(), alg }, '')],
        [`alg "${alg}" with the signature`, () => forged({ ...realHeader(), alg }, parts()[2])],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(hashes).flatMap(([alg, hash]) =>
        Object.entries(secrets).map(([name, secret]) => [
          `${alg} with ${name} as secret`,
          () => forged({ ...realHeader(), alg }, hmac(hash, secret())),
        ]),
      ),
    ),
    ...Object.fromEntries(
      ['RS384', 'RS512', 'PS256', 'ES256', 'EdDSA', 'rs256'].map((alg) => [
        `alg ${alg} with the signature`,
        () => forged({ ...realHeader(), alg }, parts()[2]),
      ]),
    ),
    'HS256 under the real header': () =>
      `${parts()[0]}.${parts()[1]}.${hmac('sha256', publicKey.export({ format: 'pem', type: 'spki' }))(`${parts()[0]}.${parts()[1]}`)}`,
    'ES256 with r = s = 0': () =>
      forged({ ...realHeader(), alg: 'ES256' }, Buffer.alloc(64).toString('base64url')),
    'zeros as RS256 signature': () =>
      `${parts()[0]}.${parts()[1]}.${Buffer.alloc(256).toString('base64url')}`,
    'ones as RS256 signature': () =>
      `${parts()[0]}.${parts()[1]}.${Buffer.alloc(256, 0xff).toString('base64url')}`,
    'a signature of one byte more': () =>
      `${parts()[0]}.${parts()[1]}.${Buffer.concat([Buffer.from(parts()[2], 'base64url'), Buffer.alloc(1)]).toString('base64url')}`,
    'my signature under the real header': () =>
      `${parts()[0]}.${parts()[1]}.${byMe(`${parts()[0]}.${parts()[1]}`)}`,
    'my key in jwk': () => forged({ ...realHeader(), jwk: mine.publicKey.export({ format: 'jwk' }) }, byMe),
    'my certificate in x5c': () => forged({ ...realHeader(), x5c: ['MIIB'] }, byMe),
    'crit and b64': () => forged({ ...realHeader(), b64: false, crit: ['b64'] }, parts()[2]),
    'zip and cty': () => forged({ ...realHeader(), zip: 'DEF', cty: 'JWT' }, parts()[2]),
    ...Object.fromEntries(
      [
        '../../../../dev/null',
        '/dev/null',
        "' or 1=1 --",
        "x' union select 'a",
        '__proto__',
        'constructor',
        'toString',
        '',
        null,
        0,
        ['sk_a'],
        { $ne: '' },
        'k'.repeat(200),
      ].map((kid) => [
        `kid ${JSON.stringify(kid).slice(0, 30)}`,
        () => forged({ ...realHeader(), kid }, byMe),
      ]),
    ),
    'without kid': () => forged({ alg: 'RS256', typ: 'JWT' }, parts()[2]),
    'duplicate alg': () => {
      const header = JSON.stringify(realHeader()).replace('{', '{"alg":"none",');
      return `${Buffer.from(header).toString('base64url')}.${parts()[1]}.${parts()[2]}`;
    },
    'duplicate members in the payload': () => {
      const payload = JSON.stringify(claimsOf(token)).replace('{', '{"client_ref":"USER456",');
      return `${parts()[0]}.${Buffer.from(payload).toString('base64url')}.${parts()[2]}`;
    },
    'another client_ref in the payload': () =>
      `${parts()[0]}.${encode({ ...claimsOf(token), client_ref: 'USER456' })}.${parts()[2]}`,
    'client_ref taken out of the payload': () => {
      const { client_ref: _, ...rest } = claimsOf(token);
      return `${parts()[0]}.${encode(rest)}.${parts()[2]}`;
    },
    'a later exp in the payload': () =>
      `${parts()[0]}.${encode({ ...claimsOf(token), exp: 2_000_000_000 })}.${parts()[2]}`,
    'a signature with its first character changed': () =>
      `${parts()[0]}.${parts()[1]}.${parts()[2].startsWith('A') ? 'B' : 'A'}${parts()[2].slice(1)}`,
    'a signature with its last bits respelt': () => {
      const { [parts()[2].length - 1]: last = '' } = parts()[2];
      const other = BASE64URL[BASE64URL.indexOf(last) ^ 1] ?? '';
      return `${parts()[0]}.${parts()[1]}.${parts()[2].slice(0, -1)}${other}`;
    },
    'padding behind the signature': () => `${token}==`,
    'standard base64': () => token.replaceAll('-', '+').replaceAll('_', '/'),
    'white space in the payload': () => `${parts()[0]}.${parts()[1]}%20.${parts()[2]}`,
    'a segment missing': () => `${parts()[0]}.${parts()[1]}`,
    'a segment more': () => `${token}.${parts()[2]}`,
    'five segments (JWE)': () => `${encode({ alg: 'dir', enc: 'A256GCM' })}..AAAA.AAAA.AAAA`,
    'an empty signature': () => `${parts()[0]}.${parts()[1]}.`,
    'an empty payload': () => `${parts()[0]}..${parts()[2]}`,
    'an empty header': () => `.${parts()[1]}.${parts()[2]}`,
    'dots alone': () => '..',
    'a token in a token': () => `${parts()[0]}.${Buffer.from(token).toString('base64url')}.${parts()[2]}`,
    'a payload of 3 KB': () => `${parts()[0]}.${'A'.repeat(3_000)}.${parts()[2]}`,
    'a token of 15 KB': () => 'A'.repeat(15_000),
    'a token of 15 KB with dots': () => '.'.repeat(15_000),
  };

  it('would be accepted were it genuine', () => expectAccepted(bearer(token)));

  it.each(Object.entries(table))('is refused: %s', async (_, make) => {
    await expectRefused(bearer(make()));
  });

  it('of 1 MB is refused before it has been read', async () => {
    const answer = await rawAnswer(server, requestHead('GET', '/v2/jobs', [bearer('A'.repeat(1_000_000))]));
    expect([401, 431]).toContain(answer.status);
    expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('makes the server fetch nothing', async () => {
    let connections = 0;
    const trap = createServer((_, response) => response.end('{"keys":[]}'));
    trap.on('connection', () => {
      connections += 1;
    });
    trap.listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const url = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/keys`;
    for (const name of ['jku', 'x5u', 'kid', 'iss', 'x5t'])
      await expectRefused(bearer(forged({ ...realHeader(), [name]: url }, byMe)));
    await sleep(300);
    expect(connections).toBe(0);
    trap.close();
  });
});

describe('a token signed with the real key', () => {
  const now = () => Math.floor(Date.now() / 1_000);
  it('and the claims of a minted one is accepted', async () => {
    await expectAccepted(bearer(forge.withClaims({ jti: 'another' })));
    await expectAccepted(bearer(forge.withClaims({ iat: now(), exp: now() + 60 })));
  });

  it.each(Object.entries(BAD_CLAIMS))('is refused: %s', async (_, make) => {
    await expectRefused(bearer(make(forge)));
  });

  it('is refused in another region', () => expectRefused(bearer(forge.withClaims({ region: 'usa' }))));

  it('is refused once it has expired, also when it was known before', async () => {
    const short = forge.withClaims({ iat: now() - 57, exp: now() + 3 });
    await expectAccepted(bearer(short));
    await sleep(3_500);
    await expectRefused(bearer(short));
  });
});

describe('rotating the signing key', () => {
  it('refuses no good request, and nobody learns of it who may not', async () => {
    const { api_key, operator_token, management_token } = server.bootstrap;
    const rotate = (key: string) =>
      ask(server, '/v1/operator/signing-keys/rotate', { method: 'POST', key }).then(({ status }) => status);
    expect(await rotate(management_token)).toBe(401);
    expect(await rotate(api_key)).toBe(401);
    let rotating = true;
    const load = async () => {
      const statuses: number[] = [];
      while (rotating) {
        const minted = await mintKey(server, api_key);
        statuses.push((await listWith(bearer(minted))).status, (await listWith(bearer(token))).status);
      }
      return statuses;
    };
    const running = [load(), load(), load()];
    for (let turn = 0; turn < 3; turn += 1) expect(await rotate(operator_token)).toBe(201);
    rotating = false;
    const statuses = (await Promise.all(running)).flat();
    expect(statuses.length).toBeGreaterThan(6);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('the server', () => {
  it('has not failed once in all this, and its log names no credential', async () => {
    const { answers } = await exchange(server, requestHead('GET', '/health/ready'));
    expect(answers[0]?.status).toBe(200);
    const secrets = [token, ...Object.values(server.bootstrap).map(String)].filter((one) => one.length > 20);
    const bad = (line: string) =>
      line.includes('"status":500') || secrets.some((secret) => line.includes(secret));
    expect(server.logs().filter(bad)).toEqual([]);
  });
});
