import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, mintKey } from '../../helpers/api.ts';
import { newCustomer, newKey, send } from '../../helpers/management.ts';
import { ENGLISH_START, RealtimeClient, refusedUpgrade } from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** Who may open a real-time session, and how the others are told (Speechmatics real-time API, "Handshake responses"). */
let server: RunningServer;
let key: string;
beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
  key = server.bootstrap.api_key;
});
afterAll(() => server?.stop());

const DENIED = JSON.stringify({ code: 401, error: 'Permission Denied' });

/** What a connection is told that was accepted and may not. */
async function refusedInSession(client: RealtimeClient) {
  const closed = await client.closed;
  return { messages: client.messages, closed };
}

describe('a connection is accepted', () => {
  it.each(['/v2', '/v2/', '/v2/en', '/v2/en/', '/', '/en', '/v2?sm-app=a/b%23c&unknown=1', '//v2'.slice(1)])(
    'at %s',
    async (path) => {
      const client = await RealtimeClient.start(server, { key, path });
      expect(client.of('RecognitionStarted')[0]?.orchestrator_version).toContain('scripted');
      client.close();
    },
  );

  it('with a temporary key in the header, as the Python clients send it, or in the URL, as pages do', async () => {
    const jwt = await mintKey(server, key, { type: 'rt' });
    for (const options of [{ key: jwt }, { jwt }]) {
      const client = await RealtimeClient.start(server, options);
      client.close();
    }
  });

  it('with the key in the URL when the header says nothing', async () => {
    const jwt = await mintKey(server, key, { type: 'rt' });
    for (const authorization of ['Bearer None', 'Bearer ', 'Bearer']) {
      const client = await RealtimeClient.start(server, { jwt, headers: { authorization } });
      client.close();
    }
  });

  it('with what the Rust client appends to a URL that has a query', async () => {
    const jwt = await mintKey(server, key, { type: 'rt' });
    const path = `/v2?jwt=${jwt}?sm-sdk=rust-0.4.0`;
    const client = await RealtimeClient.start(server, { path });
    client.close();
  });

  it('and carries an id of the request', async () => {
    const { socket } = new RealtimeClient(server, { key });
    const id = await new Promise((resolve) =>
      socket.once('upgrade', ({ headers }) => resolve(headers['request-id'])),
    );
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    socket.terminate();
  });
});

describe('a connection is refused before it is one', () => {
  it.each([
    ['no key', {}],
    ['an unknown key', { key: 'ply_000000000000000000000000000000000000000' }],
    ['no key in words', { headers: { authorization: 'Bearer None' } }],
    ['a malformed temporary key', { jwt: 'eyJhbGciOiJub25lIn0.e30.' }],
    ['two temporary keys', { path: '/v2?jwt=eyJa&jwt=eyJb' }],
    ['no key, at an unknown path', { path: '/v2/nothing' }],
  ])('401 for %s', async (_, options) => {
    const answer = await refusedUpgrade(server, options);
    expect(answer).toMatchObject({ status: 401, body: DENIED });
    expect(answer.headers['request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  it('401 for keys that may not stand in a URL', async () => {
    for (const path of [`/v2?jwt=${key}`, `/v2?api_key=${key}`]) {
      expect(await refusedUpgrade(server, { path })).toMatchObject({ status: 401, body: DENIED });
    }
  });

  it('401 for tokens of the administration', async () => {
    const { management_token, operator_token } = server.bootstrap;
    for (const token of [management_token, operator_token]) {
      expect(await refusedUpgrade(server, { key: token })).toMatchObject({ status: 401, body: DENIED });
    }
  });

  it('401 for a bad key in the header, whatever stands in the URL', async () => {
    const jwt = await mintKey(server, key, { type: 'rt' });
    expect(await refusedUpgrade(server, { jwt, key: 'nonsense' })).toMatchObject({
      status: 401,
      body: DENIED,
    });
  });

  it.each(['/v2/agent/smart', '/v2/xx', '/v2/en/de', '/v2/jobs/abc/en'])('404 at %s', async (path) => {
    expect((await refusedUpgrade(server, { key, path })).status).toBe(404);
  });

  it.each(['/foo', '/agent'])('404 at %s, also without a key', async (path) => {
    expect((await refusedUpgrade(server, { path })).status).toBe(404);
  });

  it('is not a connection at all without an upgrade', async () => {
    expect((await ask(server, '/v2', { key, method: 'POST' })).status).toBe(405);
    expect((await ask(server, '/v2', { key })).status).toBe(404);
    expect((await ask(server, '/en')).status).toBe(404);
  });
});

describe('a genuine key that may not is told in the session, when the client listens', () => {
  it('a temporary key of type batch', async () => {
    const jwt = await mintKey(server, key, { type: 'batch' });
    const client = await RealtimeClient.connect(server, { jwt });
    client.say(ENGLISH_START);
    expect(await refusedInSession(client)).toEqual({
      messages: [{ message: 'Error', type: 'not_authorised', reason: 'Not Authorized' }],
      closed: { code: 4001, reason: 'not_authorised' },
    });
  });

  it('also when the client says nothing', async () => {
    const jwt = await mintKey(server, key, { type: 'batch' });
    const client = await RealtimeClient.connect(server, { jwt });
    const openedMs = Date.now();
    expect((await refusedInSession(client)).closed.code).toBe(4001);
    expect(Date.now() - openedMs).toBeGreaterThan(200);
  });

  it('a hundred times of a hundred to a client that begins to listen late', async () => {
    const jwt = await mintKey(server, key, { type: 'batch' });
    const told = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const { socket } = new RealtimeClient(server, { jwt });
        await new Promise((resolve) => socket.once('open', resolve));
        socket.removeAllListeners('message');
        await sleep(20);
        const message = new Promise((resolve) =>
          socket.once('message', (data) => resolve(JSON.parse(String(data)))),
        );
        socket.send(JSON.stringify(ENGLISH_START));
        return message;
      }),
    );
    expect(new Set(told.map((one) => (one as { type: string }).type))).toEqual(new Set(['not_authorised']));
  });

  it.each([
    ['an origin that it is not for', { origins: ['https://app.example'] }, 'https://evil.example'],
    ['no origin', { origins: ['https://app.example'] }, undefined],
    ['an address that it is not for', { cidrs: ['192.0.2.0/24'] }, undefined],
  ])('a temporary key from %s', async (_, limits, origin) => {
    const jwt = await mintKey(server, key, { type: 'rt', limits });
    const client = await RealtimeClient.connect(server, { jwt, ...(origin && { headers: { origin } }) });
    const { messages, closed } = await refusedInSession(client);
    expect(messages).toMatchObject([{ message: 'Error', type: 'not_allowed' }]);
    expect(closed).toEqual({ code: 4003, reason: 'not_allowed' });
  });

  it('but not one from an origin that it is for', async () => {
    const jwt = await mintKey(server, key, { type: 'rt', limits: { origins: ['https://app.example'] } });
    const client = await RealtimeClient.start(server, { jwt, headers: { origin: 'https://app.example' } });
    client.close();
  });
});

describe('the endpoints of real time', () => {
  const REGIONS = ['eu', 'usa'];
  const ENDPOINTS = [
    ['eu2.rt', ['on-demand']],
    ['neu.rt', ['enterprise']],
    ['wus.rt', ['enterprise']],
  ] as const;

  it.each(ENDPOINTS)('%s admits %j customers, and tells others in the session', async (name, admitted) => {
    const headers = { host: `${name}.localhost` };
    for (const customer_type of ['on-demand', 'enterprise'] as const) {
      const { apiKey } = await newCustomer(server, { customer_type, regions: REGIONS });
      const client = await RealtimeClient.connect(server, { key: apiKey, headers });
      client.say(ENGLISH_START);
      if (admitted.some((one) => one === customer_type)) {
        await client.next('RecognitionStarted');
        client.close();
      } else expect((await client.closed).code).toBe(4003);
    }
  });

  it('do not admit keys of another region, and temporary keys only in theirs', async () => {
    const terms = { customer_type: 'enterprise', regions: REGIONS };
    const { apiKey } = await newCustomer(server, { ...terms, regions: ['eu'] });
    const both = await newCustomer(server, { ...terms, temporary_keys_enabled: true });
    const jwt = await mintKey(server, both.apiKey, { type: 'rt', region: 'eu' });
    for (const options of [{ key: apiKey }, { jwt }]) {
      const abroad = await RealtimeClient.connect(server, {
        ...options,
        headers: { host: 'wus.rt.localhost' },
      });
      const { messages, closed } = await refusedInSession(abroad);
      expect(messages).toMatchObject([{ message: 'Error', type: 'not_allowed' }]);
      expect(closed).toEqual({ code: 4003, reason: 'not_allowed' });
      const home = await RealtimeClient.start(server, { ...options, headers: { host: 'neu.rt.localhost' } });
      home.close();
    }
  });
});

describe('the language in the path', () => {
  it('has to be that of the config', async () => {
    const client = await RealtimeClient.connect(server, { key, path: '/v2/de' });
    client.say(ENGLISH_START);
    expect(await refusedInSession(client)).toEqual({
      messages: [
        { message: 'Error', type: 'invalid_config', reason: 'the path says language "de", the config "en"' },
      ],
      closed: { code: 1003, reason: 'protocol_error' },
    });
  });
});

describe('the end of a key', () => {
  it('ends what it opened, at once, also what its temporary keys opened, and nothing else', async () => {
    const { management_token: token, project_id: projectId } = server.bootstrap;
    const { id, value: doomed } = await newKey(server, { token, projectId });
    const jwt = await mintKey(server, doomed, { type: 'rt' });
    const [first, second, bystander, connected] = await Promise.all([
      RealtimeClient.start(server, { key: doomed }),
      RealtimeClient.start(server, { jwt }),
      RealtimeClient.start(server, { key }),
      RealtimeClient.connect(server, { key: doomed }),
    ]);
    expect((await send(server, token, 'DELETE', `/v1/api_keys/${id}`)).status).toBe(200);
    for (const client of [first, second, connected]) {
      expect(await client.closed).toEqual({ code: 4001, reason: 'not_authorised' });
      expect(client.messages.at(-1)).toMatchObject({ message: 'Error', type: 'not_authorised' });
    }
    expect(await refusedUpgrade(server, { jwt })).toMatchObject({ status: 401 });
    await bystander.finish();
    bystander.close();
  });

  it('does not come with its expiry: a session goes on, and no new one begins', async () => {
    const jwt = await mintKey(server, key, { type: 'rt', ttl: 60 });
    const client = await RealtimeClient.start(server, { jwt });
    await sleep(61_000);
    client.audio(new Uint8Array(3_200));
    await client.next('AudioAdded');
    expect(await refusedUpgrade(server, { jwt })).toMatchObject({ status: 401, body: DENIED });
    await client.finish();
    client.close();
  });
});
