import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, createApiKey, endOfJob, listJobs, mintKey, readClip, submitSpeech } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

let server: RunningServer;
let key: string;
let job: string;

beforeAll(async () => {
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_RATE_SUBMIT: '100/1000',
      PARLEY_RATE_READ: '1000/10000',
      PARLEY_LOG_LEVEL: 'trace',
    },
  });
  key = server.bootstrap.api_key;
  job = await submitSpeech(server, key);
  await endOfJob(server, key, job);
});
afterAll(() => server?.stop());

const NOT_FOUND = '{"code":404,"error":"Not Found"}';

interface Urls {
  readonly data: string;
  readonly transcript: string;
}

async function urlsOf(id: string, own = key, ttl = 600): Promise<Urls> {
  const path = `/v2/jobs/${id}/object-urls?ttl=${ttl}&url_for=data,transcript`;
  const answer = await ask(server, path, { key: own });
  if (answer.status !== 200) throw new Error(`object-urls answered ${answer.status}: ${answer.text}`);
  return answer.json<Urls>();
}

/** Without any credential. */
const read = (url: string, method = 'GET') => ask(server, new URL(url).pathname, { method });
const tokenOf = (url: string) => new URL(url).pathname.split('/').at(-1) ?? '';

/** What a token says, and the token with something else in its place under the old signature. */
function claimsOf(url: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(tokenOf(url).split('.')[0] ?? '', 'base64url').toString());
}
function withClaims(url: string, changed: object): string {
  const payload = Buffer.from(JSON.stringify({ ...claimsOf(url), ...changed })).toString('base64url');
  return `/objects/${payload}.${tokenOf(url).split('.')[1]}`;
}

async function management(method: string, path: string): Promise<void> {
  const answer = await ask(server, path, { method, key: server.bootstrap.management_token });
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
}

/** A key of its own with its id, so that it can be revoked. */
async function newKey(name: string): Promise<{ own: string; revoke: () => Promise<void> }> {
  const own = await createApiKey(server, { name });
  const keys = await ask(server, `/v1/api-keys?project_id=${server.bootstrap.project_id}`, {
    key: server.bootstrap.management_token,
  });
  const listed = keys.json<{ name: string; apikey_id: string }[]>();
  const id = listed.find((one) => one.name === name)?.apikey_id;
  return { own, revoke: () => management('DELETE', `/v1/api-keys/${id}?wait=10`) };
}

async function finishedJob(own: string): Promise<string> {
  const id = await submitSpeech(server, own);
  await endOfJob(server, own, id);
  return id;
}

describe('a signed URL', () => {
  it('reads the file it is for, without a credential', async () => {
    const { data, transcript } = await urlsOf(job);
    const file = await fetch(data);
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(await readClip());
    expect(file.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(file.headers.get('referrer-policy')).toBe('no-referrer');
    const own = await ask(server, `/v2/jobs/${job}/transcript`, { key });
    expect(await read(transcript)).toMatchObject({ status: 200, text: own.text });
    expect(await read(data, 'HEAD')).toMatchObject({ status: 200, text: '' });
  });

  it('opens nothing else', async () => {
    const { data } = await urlsOf(job);
    for (const path of [`/v2/jobs/${job}`, `/v2/jobs/${job}/data`, '/v2/jobs']) {
      expect((await ask(server, path, { key: tokenOf(data) })).status).toBe(401);
    }
    expect((await read(data, 'DELETE')).status).toBe(405);
  });

  it('is dead when any character of it is another, is missing or is added', async () => {
    const token = tokenOf((await urlsOf(job)).data);
    const forged = [...token].flatMap((one, at) => {
      const around = (middle: string) => token.slice(0, at) + middle + token.slice(at + 1);
      // Both neighbours: among the last bits some decode to the same bytes.
      const [up, down] = [one.charCodeAt(0) + 1, one.charCodeAt(0) - 1].map((code) =>
        String.fromCharCode(code),
      );
      return [around(up ?? ''), around(down ?? ''), around(''), around(`${one}A`)];
    });
    expect(forged.length).toBeGreaterThan(500);
    const others = [
      token.split('.')[0],
      `${token}.`,
      `${token}=`,
      `.${token}`,
      '.',
      'x',
      token.toUpperCase(),
    ];
    for (const one of [...forged, ...others]) {
      const answer = await ask(server, `/objects/${encodeURIComponent(one ?? '')}`);
      expect({ token: one, status: answer.status, text: answer.text }).toEqual({
        token: one,
        status: 404,
        text: NOT_FOUND,
      });
    }
  });

  it('is for no other job, file, project, key or time', async () => {
    const { data, transcript } = await urlsOf(job);
    const other = await finishedJob(key);
    const claims = claimsOf(data);
    for (const changed of [
      { jobId: other },
      { object: 'transcript' },
      { projectId: Number(claims.projectId) + 1 },
      { environment: 'EU2' },
      { keyId: 'key_0000000000000000' },
      { expiresAt: Number(claims.expiresAt) + 1 },
    ]) {
      expect(await ask(server, withClaims(data, changed))).toMatchObject({ status: 404, text: NOT_FOUND });
    }
    expect((await ask(server, withClaims(data, {}))).status).toBe(200);
    const mixed = `/objects/${tokenOf(data).split('.')[0]}.${tokenOf(transcript).split('.')[1]}`;
    expect((await ask(server, mixed)).status).toBe(404);
  });

  it('names no end user and no file', async () => {
    const own = await mintKey(server, key, { client_ref: 'USER123' });
    const { data } = await urlsOf(await finishedJob(own), own);
    expect(JSON.stringify(claimsOf(data))).not.toMatch(/USER123|recording|\.wav/);
  });

  it('is nowhere in the log', async () => {
    const { data } = await urlsOf(job);
    await read(data);
    await read(`${data}x`);
    const log = server.logs().join('\n');
    expect(log).toContain('/objects/:token');
    for (const part of tokenOf(data).split('.')) expect(log.includes(part)).toBe(false);
  });
});

describe('the life of a signed URL', () => {
  it('ends with its time', async () => {
    const { data } = await urlsOf(job, key, 60);
    const expiresAt = Number(claimsOf(data).expiresAt);
    expect(Math.abs(expiresAt - Date.now() / 1_000 - 60)).toBeLessThan(5);
  });

  it('ends with the temporary key that made it, if that is sooner', async () => {
    const short = await mintKey(server, key, { ttl: 60 });
    const { exp } = JSON.parse(Buffer.from(short.split('.')[1] ?? '', 'base64url').toString());
    const { data } = await urlsOf(job, short, 86_400);
    expect(claimsOf(data).expiresAt).toBe(exp);
    expect((await read(data)).status).toBe(200);
  });

  it('ends with the API key that made it', async () => {
    const { own, revoke } = await newKey('to be revoked');
    const temporary = await mintKey(server, own);
    const urls = [await urlsOf(job, own), await urlsOf(job, temporary)];
    for (const { data } of urls) expect((await read(data)).status).toBe(200);
    await revoke();
    for (const { data, transcript } of urls) {
      expect(await read(data)).toMatchObject({ status: 404, text: NOT_FOUND });
      expect(await read(transcript)).toMatchObject({ status: 404, text: NOT_FOUND });
    }
    expect((await read((await urlsOf(job)).data)).status).toBe(200);
  });

  it('ends with the end user, not with another', async () => {
    const urls = new Map<string, string>();
    for (const client_ref of ['ended', 'kept']) {
      const own = await mintKey(server, key, { client_ref });
      urls.set(client_ref, (await urlsOf(await finishedJob(own), own)).data);
    }
    const { project_id } = server.bootstrap;
    await management('POST', `/v1/projects/${project_id}/client-refs/ended/end?wait=10`);
    expect(await read(urls.get('ended') ?? '')).toMatchObject({ status: 404, text: NOT_FOUND });
    expect((await read(urls.get('kept') ?? '')).status).toBe(200);
  });

  it('ends with the job', async () => {
    const id = await finishedJob(key);
    const { data, transcript } = await urlsOf(id);
    await ask(server, `/v2/jobs/${id}`, { method: 'DELETE', key });
    for (const url of [data, transcript]) expect((await read(url)).status).toBe(410);
  });
});

describe('who gets one', () => {
  it('an end user for its own jobs only', async () => {
    const own = await mintKey(server, key, { client_ref: 'USER123' });
    await expect(urlsOf(job, own)).rejects.toThrow('404: {"code":404,"error":"Job not found"}');
    expect(await listJobs(server, own)).not.toContainEqual(expect.objectContaining({ id: job }));
  });

  it.each([{ cidrs: ['127.0.0.0/8'] }, { origins: ['https://example.org'] }])(
    'no key that is for certain places only: %j',
    async (limits) => {
      const own = await mintKey(server, key, { limits });
      const path = `/v2/jobs/${job}/object-urls?ttl=60&url_for=data`;
      const headers = { origin: 'https://example.org' };
      const answer = await ask(server, path, { key: own, headers });
      expect(answer.status).toBe(403);
      expect(answer.json().detail).toMatch(/^limits\.(cidrs|origins): this key makes no URLs/);
      expect((await ask(server, `/v2/jobs/${job}/data`, { key: own, headers })).status).toBe(200);
    },
  );
});
