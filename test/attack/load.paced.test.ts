import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecret } from '../../src/identity/secrets/secret.ts';
import { silentWav } from '../fixtures/audio/samples.ts';
import { ask } from '../helpers/api.ts';
import { CONFIG_TEXT, configPart, filePart, formOf, submission } from '../helpers/raw-form.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Fewer than an address may open before its first request arrives: beyond that the oldest are cut. */
const AT_ONCE = 450;

/** What one caller may cost all others: an end user with a temporary key can send each of these. */
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_RATE_SUBMIT: '1000/10000',
      PARLEY_RATE_READ: '1000/10000',
    },
  });
});
afterAll(() => server?.stop());

const plus = (members: string) => `${CONFIG_TEXT.slice(0, -1)},${members}}`;
const submit = (config: string) =>
  rawAnswer(
    server,
    submission(server.bootstrap.api_key, formOf(configPart(config), filePart(silentWav(3_200)))),
    { limitMs: 30_000 },
  ).then(({ status }) => status);

/** Longest time that the health check took while `work` ran. */
async function worstPingMs(work: () => Promise<unknown>): Promise<number> {
  let worstMs = 0;
  let working = true;
  const pings = (async () => {
    while (working) {
      const startedMs = performance.now();
      await rawAnswer(server, requestHead('GET', '/health/live'), { limitMs: 60_000 });
      worstMs = Math.max(worstMs, performance.now() - startedMs);
      await sleep(5);
    }
  })();
  await work();
  working = false;
  await pings;
  return worstMs;
}

const residentBytes = async () =>
  Number((await readFile(`/proc/${server.pid}/statm`, 'utf8')).split(' ')[1]) * 4_096;

describe('a connection that is kept', () => {
  it('costs no more with each request', async () => {
    const { api_key: key } = server.bootstrap;
    const submitted = await rawAnswer(
      server,
      submission(key, formOf(configPart(), filePart(silentWav(3_200)))),
    );
    const { id } = JSON.parse(submitted.body) as { id: string };
    for (let count = 0; count < 40; count += 1) {
      expect((await ask(server, `/v2/jobs/${id}?wait=0`, { key })).status).toBe(200);
    }
    await sleep(200);
    expect(server.logs().filter((line) => line.includes('MaxListenersExceededWarning'))).toEqual([]);
  });
});

describe('unknown but well-formed credentials', () => {
  it('in numbers leave good requests quick', async () => {
    const good = () => rawAnswer(server, requestHead('GET', '/v2/jobs', [bearer(server.bootstrap.api_key)]));
    const flood = Array.from({ length: AT_ONCE }, () =>
      rawAnswer(server, requestHead('GET', '/v2/jobs', [bearer(createSecret('api-key'))]), {
        limitMs: 30_000,
      }),
    );
    const startedMs = performance.now();
    expect((await good()).status).toBe(200);
    const waitedMs = performance.now() - startedMs;
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(statuses.every((status) => status === 401 || status === 429)).toBe(true);
    expect((await good()).status).toBe(200);
    expect(waitedMs).toBeLessThan(10_000);
  });
});

describe('one large config', () => {
  it('does not hold up everybody else', async () => {
    const members = Array.from({ length: 300_000 }, (_, index) => `"k${index}":0`).join(',');
    const configs = {
      small: CONFIG_TEXT,
      'in small members': plus(members),
      nested: plus(`"x":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`),
    };
    const worst: Record<string, number> = {};
    for (const [name, config] of Object.entries(configs)) {
      worst[name] = Math.round(await worstPingMs(() => submit(config)));
    }
    expect(Object.entries(worst).filter(([, ms]) => ms > 1_000)).toEqual([]);
  });

  it('of 5 MB is too large', async () => {
    expect(await submit(plus(`"x":"${'x'.repeat(5_000_000)}"`))).toBe(413);
    expect(await submit(CONFIG_TEXT)).toBe(201);
  });
});

describe('a list of jobs', () => {
  it('stays small and quick, whatever their configs hold', async () => {
    const config = plus(`"x":"${'x'.repeat(3_900_000)}"`);
    for (let count = 0; count < 12; count += 1) expect([201, 400, 413]).toContain(await submit(config));
    const beforeBytes = await residentBytes();
    let listBytes = 0;
    const worstMs = await worstPingMs(async () => {
      const list = await ask(server, '/v2/jobs', { key: server.bootstrap.api_key });
      expect(list.status).toBe(200);
      listBytes = list.text.length;
    });
    const grownMb = Math.round(((await residentBytes()) - beforeBytes) / 1e6);
    expect({ listBytes, worstMs, grownMb }).toEqual({
      listBytes: expect.toSatisfy((bytes: number) => bytes < 10_000_000),
      worstMs: expect.toSatisfy((ms: number) => ms < 1_000),
      grownMb: expect.toSatisfy((mb: number) => mb < 128),
    });
  });
});
