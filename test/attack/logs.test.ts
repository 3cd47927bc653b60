import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, endOfJob, jobForm, mintKey, readClip } from '../helpers/api.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted', PARLEY_LOG_LEVEL: 'trace' } });
});
afterAll(() => server?.stop());

describe('the log at its most talkative', () => {
  it('names no credential, file, transcript or reference, whatever went wrong', async () => {
    const { api_key, management_token, operator_token, project_id } = server.bootstrap;
    const token = await mintKey(server, api_key, { client_ref: 'CANARY-REF' });
    const created = await ask(server, '/v1/api-keys', {
      method: 'POST',
      key: management_token,
      body: JSON.stringify({ project_id, name: 'CANARY-KEY-NAME' }),
    });
    const { key_value, apikey_id } = created.json<{ key_value: string; apikey_id: string }>();
    const config = {
      type: 'transcription',
      transcription_config: { language: 'en' },
      tracking: { title: 'CANARY-TITLE' },
    };
    const body = () => readClip().then((clip) => jobForm(clip, { name: 'CANARY-FILE.wav', config }));
    const submitted = await ask(server, '/v2/jobs', { method: 'POST', key: token, body: await body() });
    const { id } = submitted.json<{ id: string }>();
    expect((await endOfJob(server, token, id)).status).toBe('done');
    const { text: transcript } = await ask(server, `/v2/jobs/${id}/transcript?format=txt`, { key: token });
    expect(transcript).toMatch(/^one two/);

    const bad = jobForm(await readClip(), {
      name: 'CANARY-FILE.wav',
      config: { ...config, type: 'CANARY-TITLE' },
    });
    await ask(server, '/v2/jobs', { method: 'POST', key: api_key, body: bad });
    await ask(server, '/v2/jobs', { method: 'POST', key: key_value, body: '{"CANARY-TITLE' });
    await ask(server, '/v1/api-keys', { method: 'POST', key: api_key, body: '{"ttl":"CANARY-REF"' });
    await ask(server, '/v1/operator/signing-keys/rotate', { method: 'POST', key: operator_token });
    await ask(server, `/v1/api-keys/${apikey_id}`, { method: 'DELETE', key: management_token });
    await ask(server, '/v2/jobs', { key: key_value });
    const targets = [
      '/v2/jobs',
      '/v2/nope',
      '/v2/jobs/%zz',
      `/v2/jobs/${'a'.repeat(201)}`,
      `/v2/jobs/${token}`,
      '/nope',
    ];
    for (const target of targets) {
      for (const headers of [[], [bearer(token)], [bearer(`${token}x`)]])
        await rawAnswer(server, requestHead('GET', `${target}?jwt=${token}&key=${api_key}`, headers));
    }
    await rawAnswer(
      server,
      `GET /?jwt=${token} HTTP/1.1\r\nAuthorization: Bearer ${api_key}\r\n: broken\r\n\r\n`,
    );
    await sleep(300);

    const secrets = {
      api_key,
      management_token,
      operator_token,
      key_value,
      token,
      part: token.split('.')[2] ?? '',
    };
    const canaries = {
      file: 'CANARY-FILE',
      ref: 'CANARY-REF',
      title: 'CANARY-TITLE',
      keyName: 'CANARY-KEY-NAME',
    };
    const leaks = Object.entries({ ...secrets, ...canaries, transcript: 'one two three' }).flatMap(
      ([name, text]) =>
        server
          .logs()
          .filter((line) => line.includes(text))
          .map((line) => `${name}: ${(JSON.parse(line) as { msg?: string }).msg ?? line.slice(0, 40)}`),
    );
    expect([...new Set(leaks)]).toEqual([]);
  });

  it('believes no header about where a request comes from, and keeps lines whole', async () => {
    const forged = [
      ['X-Forwarded-For', '203.0.113.9'],
      ['X-Real-IP', '203.0.113.9'],
      ['Forwarded', 'for=203.0.113.9'],
      ['CF-Connecting-IP', '203.0.113.9'],
      ['True-Client-IP', '203.0.113.9'],
      ['User-Agent', '\x1b[31m{"level":60}'],
    ] as const;
    await rawAnswer(server, requestHead('GET', '/v2/%0d%0a{"level":60}', forged));
    await sleep(200);
    expect(server.logs().filter((line) => line.includes('203.0.113.9'))).toEqual([]);
    expect(server.logs().filter((line) => line.includes('\x1b') || line.startsWith('{"level":60'))).toEqual(
      [],
    );
  });
});

describe('an answer about a bad URL', () => {
  it('does not repeat a credential in it', async () => {
    const { api_key } = server.bootstrap;
    const answer = await rawAnswer(server, requestHead('GET', `/v2/jobs/%zz?jwt=${api_key}`));
    expect(answer.body).not.toContain(api_key);
  });
});
