import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPepper } from '../../src/identity/secrets/pepper.ts';
import { ask, createApiKey, mintKey } from '../helpers/api.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { parleyIn } from '../helpers/parley.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Secrets of an installation are rotated by its operator, and no key that is out is lost. */
const place = leashedDirectory('parley-rotation-');
const pepperFile = path.join(place.path, 'pepper');
const settings: Record<string, string> = { PARLEY_DATA_DIR: place.path };
let server: RunningServer;

beforeAll(async () => {
  settings.PARLEY_DATABASE_URL = await newDatabase();
  server = await start();
});
afterAll(async () => {
  await server?.stop();
  await place.remove();
});

const start = () => startServer({ dataDir: place.path, env: { PARLEY_ENGINE: 'scripted', ...settings } });
async function restart(): Promise<void> {
  await server.stop();
  server = await start();
}
const peppers = async () => (await readFile(pepperFile, 'utf8')).trim().split('\n');
const statusOf = async (key: string) => (await ask(server, '/v2/jobs', { key })).status;

describe('parley pepper', () => {
  it('rotates in two steps; keys of before and after are good at each', async () => {
    const { api_key: first, operator_token } = server.bootstrap;
    const temporary = await mintKey(server, first);
    const [old] = await peppers();
    expect(await parleyIn(settings, 'pepper', 'add')).toMatchObject({ code: 0, err: '' });
    expect(await peppers()).toEqual([old, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect((await stat(pepperFile)).mode & 0o777).toBe(0o600);
    await restart();
    const second = await createApiKey(server, { name: 'second' });
    expect(await parleyIn(settings, 'pepper', 'use')).toMatchObject({ code: 0, err: '' });
    const [current = '', retired] = await peppers();
    expect([current === old, retired]).toEqual([false, old]);
    await restart();
    const third = await createApiKey(server, { name: 'third' });
    const minted = await mintKey(server, third);
    for (const key of [first, second, third, temporary, minted]) expect(await statusOf(key)).toBe(200);
    const sha256 = createHash('sha256').update(third).digest('hex');
    expect(await hasDigest(createPepper([Buffer.from(current, 'hex')]).digest(sha256))).toBe(true);
    const log = await ask(server, '/v1/operator/audit/verify', { key: operator_token });
    expect(log.json()).toMatchObject({ ok: true });
  });

  async function hasDigest(digest: Buffer): Promise<boolean> {
    const client = new pg.Client({ connectionString: settings.PARLEY_DATABASE_URL });
    await client.connect();
    try {
      const { rowCount } = await client.query('select from api_keys where digest = $1', [digest]);
      return rowCount === 1;
    } finally {
      await client.end();
    }
  }

  it.each([
    ['use', `${'a'.repeat(64)}\n`, /holds one pepper, which is in use; add another first/],
    ['add', 'no pepper\n', /must hold one pepper of 64 hexadecimal digits per line/],
    ['add', '', /must hold one pepper/],
  ])('%s leaves a file as it is that does not fit', async (step, content, sentence) => {
    const file = path.join(place.path, 'another');
    await writeFile(file, content);
    const { code, err } = await parleyIn({ ...settings, PARLEY_PEPPER_FILE: file }, 'pepper', step);
    expect([code, err]).toEqual([2, expect.stringMatching(sentence)]);
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('makes no file where there is none', async () => {
    const file = path.join(place.path, 'nothing');
    const { code, err } = await parleyIn({ ...settings, PARLEY_PEPPER_FILE: file }, 'pepper', 'add');
    expect([code, err]).toEqual([2, expect.stringContaining('ENOENT')]);
    await expect(stat(file)).rejects.toThrow();
  });
});

describe('parley signing-keys', () => {
  const run = (...args: string[]) =>
    parleyIn(
      {},
      ...['signing-keys', ...args, '--url', server.baseUrl],
      ...['--token-file', path.join(place.path, 'bootstrap.json')],
    );
  const kids = async () => {
    const { keys } = (await ask(server, '/.well-known/jwks.json')).json<{ keys: { kid: string }[] }>();
    return keys.map(({ kid }) => kid);
  };

  it('rotate leaves what is out, revoke ends it', async () => {
    const { api_key: key } = server.bootstrap;
    const before = await mintKey(server, key);
    const [signed = ''] = await kids();
    const rotated = await run('rotate');
    expect(rotated).toMatchObject({ code: 0, out: expect.stringMatching(/^sk_\w+ signs from now on\.\n$/) });
    expect(await kids()).toEqual([rotated.out.split(' ')[0], signed]);
    const after = await mintKey(server, key);
    expect([await statusOf(before), await statusOf(after)]).toEqual([200, 200]);
    expect(await run('revoke', signed)).toMatchObject({
      code: 0,
      out: `${signed} is revoked; no node accepts what it signed.\n`,
    });
    expect([await statusOf(before), await statusOf(after)]).toEqual([401, 200]);
  });

  it('revoke says so when there is no such key', async () => {
    const { code, err } = await run('revoke', 'sk_0000000000000000');
    expect([code, err]).toEqual([2, expect.stringContaining('signing key not found')]);
  });
});
