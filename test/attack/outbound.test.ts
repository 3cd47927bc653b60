import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  ask,
  ENGLISH,
  endOfJob,
  jobForm,
  mintKey,
  readClip,
  type WireJob,
} from '../helpers/api.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Whom the operator allows; nobody else on this machine may hear a word. */
const ALLOWED = '127.0.0.2';

let server: RunningServer;
let directory: ReturnType<typeof leashedDirectory>;
let key: string;
/** Of an end user: the least trusted caller there is. */
let token: string;
let canary: Receiver;
let friend: Receiver;
let clip: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  clip = await readClip();
  canary = await startReceiver((_, response) => response.end(clip));
  friend = await startReceiver(({ target }, response) => {
    if (target.startsWith('/to?')) {
      const location = decodeURIComponent(target.split('&')[0]?.slice(4) ?? '');
      response.writeHead(302, { location }).end();
    } else response.end(clip);
  }, ALLOWED);
  directory = leashedDirectory('parley-data-');
  server = await startServer({
    dataDir: directory.path,
    env: { PARLEY_ENGINE: 'scripted', PARLEY_FETCH_ALLOW: ALLOWED, PARLEY_RATE_SUBMIT: '1000/1000' },
  });
  key = server.bootstrap.api_key;
  token = await mintKey(server, key, { client_ref: 'USER123' });
});
afterAll(async () => {
  await server?.stop();
  await canary?.close();
  await friend?.close();
  await directory?.remove();
});

function fetching(fetch_data: object): Promise<Answer> {
  const body = new FormData();
  body.append('config', JSON.stringify({ ...ENGLISH, fetch_data }));
  return ask(server, '/v2/jobs', { method: 'POST', key: token, body });
}

const notifying = (entry: object): Promise<Answer> =>
  ask(server, '/v2/jobs', {
    method: 'POST',
    key: token,
    body: jobForm(clip, { config: { ...ENGLISH, notification_config: [{ contents: [], ...entry }] } }),
  });

/** What the first attempt of an accepted job brought. */
async function firstError(answer: Answer): Promise<string | undefined> {
  expect([answer.status, answer.text]).toEqual([201, expect.any(String)]);
  const { id } = answer.json<{ id: string }>();
  const look = async () =>
    (await ask(server, `/v2/jobs/${id}?wait=0`, { key: token })).json<{ job: WireJob }>().job.errors?.[0]
      ?.message;
  await expect.poll(look, { timeout: 20_000 }).toBeDefined();
  const message = await look();
  await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key: token });
  return message;
}

describe('a URL inside', () => {
  const inside = [
    ...[
      'http://127.0.0.1:P/',
      'http://2130706433:P/',
      'http://0177.0.0.1:P/',
      'http://0x7f.1:P/',
      'http://127.1:P/',
    ],
    ...[
      'http://0.0.0.0:P/',
      'http://0:P/',
      'http://[::1]:P/',
      'http://[::ffff:127.0.0.1]:P/',
      'http://[::]:P/',
    ],
    ...['http://①②⑦.⓪.⓪.①:P/', 'http://127。0。0。1:P/', 'http://127.0.0.1.:P/', 'http://%31%32%37.0.0.1:P/'],
    ...[
      'http://169.254.169.254/latest/meta-data/',
      'http://[fd00::1]/',
      'http://100.64.0.1/',
      'http://10.0.0.1/',
    ],
    ...[
      'http://127.0.0.2@127.0.0.1:P/',
      'http://u:p@127.0.0.2/',
      'file:///etc/passwd',
      'gopher://127.0.0.1:P/',
    ],
    ...['http://localhost:P/', 'http://localhost.:P/', 'http://LOCALHOST:P/', 'http://a.localhost:P/'],
    ...['ftp://127.0.0.1:P/', 'data:audio/wav;base64,AAAA', 'unix:/var/run/docker.sock', '//127.0.0.1:P/'],
  ];

  it.each(inside)('%s is refused as source and as callback', async (text) => {
    const url = text.replace(':P', `:${canary.port}`);
    for (const answer of [await fetching({ url }), await notifying({ url })]) {
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ error: 'Job rejected', detail: expect.stringMatching(/URL/) });
      expect(answer.text).not.toMatch(/stack|ECONN|ENOTFOUND|node_modules/);
    }
    expect(canary.connections()).toBe(0);
  });

  it.each([`http://${hostname()}:P/`, `http://${hostname()}.:P/`])(
    '%s is not reached by its name, and cannot be told from one that leads nowhere',
    async (text) => {
      const url = text.replace(':P', `:${canary.port}`);
      const messages = [
        await firstError(await fetching({ url })),
        await firstError(await fetching({ url: 'http://nowhere.invalid/' })),
      ];
      expect(new Set(messages)).toEqual(new Set(['unable to fetch audio: the host cannot be reached']));
      expect(await firstError(await notifying({ url }))).toBe(
        'Error in sending notification: notification_config.0. No response: the host cannot be reached, retrying',
      );
      expect(canary.connections()).toBe(0);
    },
  );

  it.each([
    'http://127.0.0.1:P/',
    'http://localhost:P/',
    'http://[::ffff:7f00:1]:P/',
    'file:///etc/passwd',
    '//127.1:P/',
  ])('%s is not reached through a redirect', async (text) => {
    const location = encodeURIComponent(text.replace(':P', `:${canary.port}`));
    const url = `${friend.url}/to?${location}`;
    expect(await firstError(await fetching({ url }))).toMatch(/^unable to fetch audio: the /);
    expect(await firstError(await notifying({ url }))).toContain('Response status: 302');
    expect(canary.connections()).toBe(0);
  });

  it('that the operator allows is reached, by both', async () => {
    const fetched = await fetching({ url: `${friend.url}/clip.wav` });
    expect((await endOfJob(server, token, fetched.json<{ id: string }>().id)).status).toBe('done');
    expect((await notifying({ url: `${friend.url}/hook` })).status).toBe(201);
    await expect.poll(() => friend.at('/hook').length, { timeout: 20_000 }).toBe(1);
  });
});

describe('auth_headers', () => {
  it.each([
    ...[
      'X: a\r\nHost: evil',
      'X: a\nY: b',
      'Host: evil',
      'host:evil',
      'Content-Length: 0',
      'Transfer-Encoding: chunked',
    ],
    ...[
      'Connection: upgrade',
      'Proxy-Authorization: x',
      'no colon',
      ': x',
      'a b: c',
      'X: \u0000',
      'X: \u4e2d',
    ],
  ])('%j are refused, and not quoted', async (header) => {
    for (const answer of [
      await fetching({ url: `${friend.url}/h`, auth_headers: [header] }),
      await notifying({ url: `${friend.url}/h`, auth_headers: [header] }),
    ]) {
      expect(answer.json()).toMatchObject({
        code: 400,
        error: 'Job rejected',
        detail: expect.stringMatching(/header/),
      });
      expect(answer.text).not.toContain('evil');
    }
    expect(friend.at('/h')).toEqual([]);
  });

  it('do not go to another origin', async () => {
    const other = await startReceiver((_, response) => response.end(clip), ALLOWED);
    const url = `${friend.url}/to?${encodeURIComponent(`${other.url}/clip.wav`)}`;
    const { id } = (await fetching({ url, auth_headers: ['X-Secret: s3cr3t'] })).json<{ id: string }>();
    expect((await endOfJob(server, token, id)).status).toBe('done');
    expect(friend.received.at(-1)?.headers['x-secret']).toBe('s3cr3t');
    expect(other.received[0]?.headers).not.toHaveProperty('x-secret');
    await other.close();
  });

  it('are nowhere in the clear: neither in the data directory nor in the log', async () => {
    const header = 'Authorization: Bearer at-rest-5e4f7a1c';
    const body = new FormData();
    const config = {
      ...ENGLISH,
      tracking: { title: 'at-rest-control' },
      fetch_data: { url: `${friend.url}/clip.wav`, auth_headers: [header] },
      notification_config: [{ url: `${friend.url}/at-rest`, auth_headers: [header] }],
    };
    body.append('config', JSON.stringify(config));
    const answer = await ask(server, '/v2/jobs', { method: 'POST', key, body });
    await endOfJob(server, key, answer.json<{ id: string }>().id);
    await expect.poll(() => friend.at('/at-rest').length, { timeout: 20_000 }).toBe(1);
    expect(friend.at('/at-rest')[0]?.headers.authorization).toBe('Bearer at-rest-5e4f7a1c');
    await server.stop();
    const found = { secret: [] as string[], control: [] as string[] };
    for (const file of await readdir(directory.path, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const content = await readFile(path.join(file.parentPath, file.name), 'latin1');
      if (content.includes('at-rest-5e4f7a1c')) found.secret.push(file.name);
      if (content.includes('at-rest-control')) found.control.push(file.name);
    }
    expect(found.control).toContain('manifest.json');
    expect(found.control.length).toBeGreaterThan(1);
    expect(found.secret).toEqual([]);
    expect(server.logs().join('\n')).not.toContain('at-rest-5e4f7a1c');
  });
});
