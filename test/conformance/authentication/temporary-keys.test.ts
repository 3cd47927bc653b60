import { createSpeechmaticsJWT, SpeechmaticsJWTError } from '@speechmatics/auth';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask, endOfJob, listJobs, mintKey, submitSpeech } from '../../helpers/api.ts';
import { bearer, rawAnswer, requestHead } from '../../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** Keys for a minute, as the documented requests make them, and who may have them. */
const CONTACT = 'help@example.test';

let server: RunningServer;
beforeAll(async () => {
  server = await startServer({
    env: { PARLEY_ENGINE: 'scripted', PARLEY_DOMAIN: 'example.test', PARLEY_SUPPORT_CONTACT: CONTACT },
  });
});
afterAll(() => server?.stop());

/** A request for a key, with the body as it is, on the host that the documentation names. */
async function request(query: string, body: string): Promise<{ status: number; key: string; text: string }> {
  const head = requestHead('POST', `/v1/api_keys${query}`, [
    ['Host', 'mp.example.test'],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
    bearer(server.bootstrap.api_key),
  ]);
  const answer = await rawAnswer(server, `${head}${body}`);
  return {
    status: answer.status,
    key: (JSON.parse(answer.body) as { key_value?: string }).key_value ?? '',
    text: answer.body,
  };
}

const lifetime = (key: string): number => {
  const { iat = 0, exp = 0 } = decodeJwt(key);
  return exp - iat;
};

describe('the documented request', () => {
  it('for batch makes a key for 60 seconds that creates and retrieves jobs of USER123', async () => {
    const { status, key, text } = await request('?type=batch', '{"ttl": 60, "client_ref": "USER123"}');
    expect(status).toBe(201);
    expect(JSON.parse(text)).toEqual({ key_value: key, apikey_id: null });
    expect(lifetime(key)).toBe(60);
    const id = await submitSpeech(server, key);
    expect(await endOfJob(server, key, id)).toMatchObject({ id, status: 'done' });
    expect((await ask(server, `/v2/jobs/${id}/transcript`, { key })).status).toBe(200);

    const later = await mintKey(server, server.bootstrap.api_key, { client_ref: 'USER123' });
    expect((await listJobs(server, later)).map((job) => job.id)).toEqual([id]);
    const stranger = await mintKey(server, server.bootstrap.api_key, { client_ref: 'USER456' });
    expect(await listJobs(server, stranger)).toEqual([]);
  });

  it('for real time makes a key for 60 seconds', async () => {
    const { status, key, text } = await request('?type=rt', '{"ttl": 60 }');
    expect(status).toBe(201);
    expect(JSON.parse(text)).toEqual({ key_value: key, apikey_id: null });
    expect(lifetime(key)).toBe(60);
    expect(decodeJwt(key)).toMatchObject({ aud: 'rt' });
  });

  it('gives a key that does not hold the API key, and makes no further ones', async () => {
    const { key } = await request('', '{"ttl": 60}');
    const { api_key } = server.bootstrap;
    const decoded = key.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    for (const text of [key, ...decoded]) expect(text).not.toContain(api_key.slice(4, -6));
    const body = JSON.stringify({ ttl: 60 });
    expect((await ask(server, '/v1/api_keys', { method: 'POST', key, body })).status).toBe(403);
  });
});

describe('type', () => {
  it('is batch when it is not given', async () => {
    const { key } = await request('', '{"ttl": 60}');
    expect(decodeJwt(key)).toMatchObject({ aud: 'batch' });
    expect((await ask(server, '/v2/jobs', { key })).status).toBe(200);
  });
});

describe('ttl', () => {
  it('is required, and a whole number of seconds from 60 to 3600', async () => {
    const refused = async (body: string) => {
      const { status, text } = await request('', body);
      return [status, (JSON.parse(text) as { message: string }).message];
    };
    expect(await refused('{}')).toEqual([422, 'ttl in body is required']);
    expect(await refused('{"client_ref": "USER123"}')).toEqual([422, 'ttl in body is required']);
    expect(await refused('{"ttl": 60.5}')).toEqual([422, 'ttl in body must be of type integer']);
    expect(await refused('{"ttl": 59}')).toEqual([422, 'ttl in body should be greater than or equal to 60']);
    expect(await refused('{"ttl": 3601}')).toEqual([422, 'ttl in body should be less than or equal to 3600']);
    for (const ttl of [60, 3_600]) expect(lifetime((await request('', `{"ttl": ${ttl}}`)).key)).toBe(ttl);
  });
});

describe('region', () => {
  it('is eu when it is not given', async () => {
    for (const query of ['?type=batch', '?type=rt']) {
      expect(decodeJwt((await request(query, '{"ttl": 60}')).key)).toMatchObject({ region: 'eu' });
    }
  });
});

describe('client_ref', () => {
  it('may be left out by servers, but the official client mints no key for end users without it', async () => {
    const options = {
      type: 'batch',
      apiKey: server.bootstrap.api_key,
      managementPlatformURL: `${server.baseUrl}/v1`,
    } as const;
    const error = await createSpeechmaticsJWT(options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SpeechmaticsJWTError);
    expect(error).toMatchObject({ type: 'ValidationFailed' });
    expect((await request('?type=batch', '{"ttl": 60}')).status).toBe(201);
  });
});

describe('an enterprise workspace', () => {
  const change = async (terms: object): Promise<void> => {
    const { workspace_id, operator_token: key } = server.bootstrap;
    const path = `/v1/operator/workspaces/${workspace_id}?wait=10`;
    const body = JSON.stringify(terms);
    const answer: Answer = await ask(server, path, { method: 'PATCH', key, body });
    expect(answer.json()).toMatchObject({ workspace: terms, receipt: { complete: true } });
  };

  it('has temporary keys once the operator has enabled them, and is told whom to ask', async () => {
    await change({ customer_type: 'enterprise', temporary_keys_enabled: false });
    for (const query of ['?type=batch', '?type=rt', '']) {
      const { status, text } = await request(query, '{"ttl": 60, "client_ref": "USER123"}');
      expect(status).toBe(403);
      expect(JSON.parse(text)).toMatchObject({
        code: 403,
        error: 'Forbidden',
        detail: `temporary keys are not enabled for this workspace; contact ${CONTACT}`,
      });
    }
    expect((await ask(server, '/v2/jobs', { key: server.bootstrap.api_key })).status).toBe(200);
    await change({ temporary_keys_enabled: true });
    const { status, key } = await request('', '{"ttl": 60, "client_ref": "USER123"}');
    expect(status).toBe(201);
    expect((await ask(server, '/v2/jobs', { key })).status).toBe(200);
  });

  it('is let into a further region once the operator has contracted it', async () => {
    await change({ customer_type: 'enterprise', temporary_keys_enabled: true, regions: ['eu'] });
    const { api_key } = server.bootstrap;
    const statusAt = async (host: string, key = api_key) => {
      const headers = [['Host', `${host}.example.test`], bearer(key)] as const;
      return (await rawAnswer(server, requestHead('GET', '/v2/jobs', headers))).status;
    };
    const inUsa = '{"ttl": 60, "region": "usa"}';
    expect([await statusAt('us1.asr.api'), await statusAt('eu1.asr.api')]).toEqual([401, 200]);
    expect((await request('', inUsa)).status).toBe(403);
    await change({ regions: ['eu', 'usa'] });
    expect([await statusAt('us1.asr.api'), await statusAt('us2.asr.api')]).toEqual([200, 200]);
    const { key } = await request('', inUsa);
    expect([await statusAt('us1.asr.api', key), await statusAt('us2.asr.api', key)]).toEqual([200, 200]);
    expect(await statusAt('eu1.asr.api', key)).toBe(401);
    await change({ regions: ['eu'] });
    expect([await statusAt('us1.asr.api'), await statusAt('us2.asr.api', key)]).toEqual([401, 401]);
  });
});
