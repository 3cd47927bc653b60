import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintKey, readClip } from '../helpers/api.ts';
import { expectJson, type NewKey, newKey, newProject, operate, send } from '../helpers/management.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { ENGLISH_START, RealtimeClient, refusedUpgrade, samplesOfWav } from '../helpers/realtime.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

/**
 * Three nodes of one environment. Keys are changed on the first; sessions run on all of them. The last reaches the
 * database through a network that fails.
 */
let network: TcpProxy;
let nodes: readonly RunningServer[] = [];
let near: RunningServer;
let far: RunningServer;
let cutOff: RunningServer;
let speech: Uint8Array;

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  network = await startTcpProxy(databaseUrl);
  const env = {
    PARLEY_ENGINE: 'scripted',
    PARLEY_MAX_STREAMS: '500',
    PARLEY_MAX_WORKSPACE_SESSIONS: '1000',
    PARLEY_RATE_MINT: '1000/1000',
  };
  near = await startServer({ env: { ...env, PARLEY_DATABASE_URL: databaseUrl } });
  const joined = (url: string) => joinServer(near, { ...env, PARLEY_DATABASE_URL: url });
  [far, cutOff] = await Promise.all([joined(databaseUrl), joined(network.url)]);
  nodes = [near, far, cutOff];
  speech = samplesOfWav(await readClip());
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await network?.close();
});

/** How many times a crowd asks for the same place; many more by `BURSTS=1000`. */
const BURSTS = Number(process.env.BURSTS ?? 5);
const CROWD = 200;

/** Connections spread over all nodes, each of which asks for a session at the same moment. */
async function crowd(jwt: string) {
  const clients = await Promise.all(
    Array.from({ length: CROWD }, (_, index) =>
      RealtimeClient.connect(nodes[index % nodes.length] ?? near, { jwt }),
    ),
  );
  for (const client of clients) client.say(ENGLISH_START);
  const begun = clients.map((client) => client.next('RecognitionStarted').then(() => client));
  const settled = await Promise.allSettled(begun);
  const started = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const others = clients.filter((client) => !started.includes(client));
  const ends = await Promise.all(
    others.map(async (client) => `${client.of('Error')[0]?.type} ${(await client.closed).code}`),
  );
  return { started, refused: ends.length, ends: [...new Set(ends)] };
}

describe(`${CROWD} clients on three nodes with one temporary key`, () => {
  const mint = (limits: object) => mintKey(near, near.bootstrap.api_key, { type: 'rt', limits });

  it('that may open one session leave exactly one, and none once that has ended', async () => {
    const jwt = await mint({ max_sessions: 1 });
    const { started, ...others } = await crowd(jwt);
    expect(started).toHaveLength(1);
    expect(others).toEqual({ refused: CROWD - 1, ends: ['not_allowed 4003'] });
    await started[0]?.finish();
    started[0]?.close();
    expect(await crowd(jwt)).toEqual({ started: [], refused: CROWD, ends: ['not_allowed 4003'] });
  });

  it(`that may have one session at a time leave exactly one, ${BURSTS} times over`, async () => {
    const jwt = await mint({ max_concurrent: 1 });
    for (let burst = 0; burst < BURSTS; burst += 1) {
      const { started, ...others } = await crowd(jwt);
      expect(started).toHaveLength(1);
      expect(others).toEqual({ refused: CROWD - 1, ends: ['quota_exceeded 4005'] });
      await started[0]?.finish();
      started[0]?.close();
    }
  }, 3_600_000);
});

interface Speaker {
  readonly client: RealtimeClient;
  /** Sends what is still to be said, and resolves when the session has ended as it should. */
  finish(): Promise<void>;
}

/** A session in which somebody speaks all the time, with words going both ways. */
async function speaker(node: RunningServer, options: { key?: string; jwt?: string }): Promise<Speaker> {
  const client = await RealtimeClient.start(node, options, {
    config: { enable_partials: true, max_delay: 0.7 },
  });
  let isDone = false;
  const speaking = (async () => {
    while (!isDone && client.socket.readyState === client.socket.OPEN) {
      client.audio(speech.subarray(0, 6_400));
      await sleep(40);
    }
  })();
  await client.next('AddTranscript');
  return {
    client,
    async finish() {
      isDone = true;
      await speaking;
      await client.finish();
      client.close();
    },
  };
}

/** A client that was told that its key is over, and nothing after that. */
async function expectEnded(client: RealtimeClient, withinMs = 2_000): Promise<void> {
  const closed = await Promise.race([client.closed, sleep(withinMs, 'goes on', { ref: false })]);
  expect(closed).toEqual({ code: 4001, reason: 'not_authorised' });
  const names = client.messages.map(({ message }) => message);
  expect(names.indexOf('Error')).toBe(names.length - 1);
  expect(client.messages.at(-1)).toMatchObject({ type: 'not_authorised', reason: 'Not Authorized' });
}

const manage = (method: string, target: string) =>
  send(near, near.bootstrap.management_token, method, `${target}?wait=10`);
const keyOf = (projectId: number, properties?: object): Promise<NewKey> =>
  newKey(near, { token: near.bootstrap.management_token, projectId }, properties);
const tokenOf = (key: string, client_ref?: string): Promise<string> =>
  mintKey(near, key, { type: 'rt', ...(client_ref !== undefined && { limits: { client_ref } }) });

interface End {
  /** Keys whose sessions end, and keys whose sessions go on. */
  readonly over: readonly { key?: string; jwt?: string }[];
  readonly standing: readonly { key?: string; jwt?: string }[];
  act(): Promise<{ status: number }>;
}

const REF = 'user 1/ä';
const ENDS: Readonly<Record<string, () => Promise<End>>> = {
  'an API key is revoked': async () => {
    const { project_id, api_key } = near.bootstrap;
    const [doomed, other] = [await keyOf(project_id), await keyOf(project_id)];
    return {
      over: [
        { key: doomed.value },
        { jwt: await tokenOf(doomed.value) },
        { jwt: await tokenOf(doomed.value, REF) },
      ],
      standing: [{ key: other.value }, { jwt: await tokenOf(other.value) }, { key: api_key }],
      act: () => manage('DELETE', `/v1/api_keys/${doomed.id}`),
    };
  },
  'a project is deleted': async () => {
    const { management_token, api_key } = near.bootstrap;
    const projectId = await newProject(near, management_token);
    const [first, second] = [await keyOf(projectId), await keyOf(projectId, { client_ref: REF })];
    return {
      over: [{ key: first.value }, { key: second.value }, { jwt: await tokenOf(first.value) }],
      standing: [{ key: api_key }, { jwt: await tokenOf(api_key) }],
      act: () => manage('DELETE', `/v1/projects/${projectId}`),
    };
  },
  'the temporary keys of an end user are ended': async () => {
    const { project_id, api_key } = near.bootstrap;
    const bound = await keyOf(project_id, { client_ref: REF });
    return {
      over: [{ jwt: await tokenOf(api_key, REF) }, { jwt: await tokenOf(bound.value) }],
      standing: [
        { jwt: await tokenOf(api_key, 'user 2') },
        { jwt: await tokenOf(api_key) },
        { key: bound.value },
      ],
      act: () => manage('POST', `/v1/projects/${project_id}/client-refs/${encodeURIComponent(REF)}/end`),
    };
  },
  'a signing key was stolen': async () => {
    const { api_key, operator_token } = near.bootstrap;
    const stolen = await tokenOf(api_key);
    await operate(near, 'POST', '/signing-keys/rotate');
    const standing = [{ jwt: await tokenOf(api_key) }, { key: api_key }];
    return {
      over: [{ jwt: stolen }, { jwt: stolen }],
      standing,
      act: () => send(near, operator_token, 'DELETE', `/v1/operator/signing-keys/${kidOf(stolen)}?wait=10`),
    };
  },
  'an end user is erased': async () => {
    const { project_id, api_key } = near.bootstrap;
    const bound = await keyOf(project_id, { client_ref: REF });
    return {
      over: [{ jwt: await tokenOf(api_key, REF) }, { jwt: await tokenOf(bound.value) }, { key: bound.value }],
      standing: [
        { jwt: await tokenOf(api_key, 'user 2') },
        { jwt: await tokenOf(api_key) },
        { key: api_key },
      ],
      act: () => manage('DELETE', `/v1/projects/${project_id}/client-refs/${encodeURIComponent(REF)}`),
    };
  },
};

/** The signing key of a token. */
const kidOf = (jwt: string): string =>
  JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid;

describe('when', () => {
  it.each(Object.entries(ENDS))('%s, its sessions end on every node, and no others', async (_, prepare) => {
    const { over, standing, act } = await prepare();
    const begin = (options: End['over']) =>
      Promise.all(options.map((one, index) => speaker(nodes[(index + 1) % nodes.length] ?? far, one)));
    const [ended, others] = await Promise.all([begin(over), begin(standing)]);
    expect((await act()).status).toBeLessThan(300);
    await Promise.all(ended.map(({ client }) => expectEnded(client)));
    for (const options of over) expect((await refusedUpgrade(far, options)).status).toBe(401);
    await Promise.all(others.map((one) => one.finish()));
  });

  it('an API key is revoked, sessions that begin at that moment end too', async () => {
    const { project_id } = near.bootstrap;
    const { id, value } = await keyOf(project_id);
    const jwt = await tokenOf(value);
    const waiting = await Promise.all(
      Array.from({ length: 60 }, (_, index) => RealtimeClient.connect(nodes[index % 3] ?? far, { jwt })),
    );
    const revoking = manage('DELETE', `/v1/api_keys/${id}`);
    for (const client of waiting) {
      client.say(ENGLISH_START);
      await sleep(1);
    }
    expect(await expectJson<{ receipt: object }>(200, revoking)).toMatchObject({
      receipt: { complete: true },
    });
    await Promise.all(waiting.map((client) => expectEnded(client)));
  });

  it('an API key is revoked while a node is cut off, its sessions end when that has come back', async () => {
    const { id, value } = await keyOf(near.bootstrap.project_id);
    const [doomed, other] = await Promise.all([
      speaker(cutOff, { jwt: await tokenOf(value) }),
      speaker(cutOff, { key: near.bootstrap.api_key }),
    ]);
    network.cut();
    try {
      expect((await send(near, near.bootstrap.management_token, 'DELETE', `/v1/api_keys/${id}`)).status).toBe(
        200,
      );
    } finally {
      network.restore();
    }
    await expectEnded(doomed.client, 10_000);
    await other.finish();
  });
});

it('no session has failed for a fault of a node', () => {
  const lines = nodes.flatMap((node) => node.logs());
  expect(lines.filter((line) => line.includes('"msg":"session failed"'))).toEqual([]);
});
