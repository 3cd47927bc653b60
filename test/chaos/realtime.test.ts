import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf, processesWith } from '../fixtures/audio/child-processes.ts';
import { readClip } from '../helpers/api.ts';
import { newCustomer } from '../helpers/management.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { ENGLISH_START, RealtimeClient, refusedUpgrade, samplesOfWav } from '../helpers/realtime.ts';
import { joinServer, type RunningServer, startServer } from '../helpers/server.ts';
import { holdingsAtRest, holdingsOf, shortSessions } from '../helpers/short-sessions.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

/** Sessions when processes die and networks fail. Two nodes; the far one reaches the database through a network that fails. */
let database: pg.Client;
let network: TcpProxy;
let near: RunningServer;
let far: RunningServer;
let clip: Uint8Array;

const LEASE_SECONDS = 2;

beforeAll(async () => {
  const databaseUrl = await newDatabase();
  database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  network = await startTcpProxy(databaseUrl);
  const env = {
    PARLEY_ENGINE: 'scripted',
    PARLEY_LIVE_ENGINE_PROCESSES: '2',
    PARLEY_LEASE_SECONDS: `${LEASE_SECONDS}`,
    PARLEY_MAX_STREAMS: '20',
    PARLEY_STOP_SECONDS: '1',
  };
  near = await startServer({ env: { ...env, PARLEY_DATABASE_URL: databaseUrl } });
  far = await joinServer(near, { ...env, PARLEY_DATABASE_URL: network.url });
  clip = samplesOfWav(await readClip());
});
afterAll(async () => {
  await far?.stop();
  await near?.stop();
  await network?.close();
  await database?.end();
});

const start = (server: RunningServer, key = near.bootstrap.api_key) => RealtimeClient.start(server, { key });

/** Says everything, or the rest, and hears it. */
async function expectWords(client: RealtimeClient, audio = clip): Promise<void> {
  await client.stream(audio);
  await client.finish();
  expect(client.text).toMatch(/^one two three four/);
  client.close();
}

/** How a session was ended that was to be started. */
async function refused(server: RunningServer, key: string): Promise<number | undefined> {
  const client = await RealtimeClient.connect(server, { key });
  client.say(ENGLISH_START);
  const started = client.next('RecognitionStarted').then(() => undefined);
  started.catch(() => {});
  const code = await Promise.race([started, client.closed.then((closed) => closed.code)]);
  client.socket.terminate();
  return code;
}

/** How a session ended: its last message and its close. */
async function endOf(client: RealtimeClient) {
  const { code, reason } = await client.closed;
  const last = client.messages.at(-1);
  return [last?.message, last?.type, code, reason];
}
const JOB_ERROR = ['Error', 'job_error', 4013, 'job_error'];

const enginesOf = async ({ pid }: RunningServer) => {
  const engines = await processesWith('/engines/host/child');
  return (await childrenOf(pid)).filter((child) => engines.includes(child));
};

describe('an engine process that is killed', () => {
  it('ends the sessions it listens to with job_error, and no others', async () => {
    const sessions: RealtimeClient[] = [];
    // One for recordings listens at first, until those for sessions are there.
    for (let processes = 1; processes <= 3; processes += 1) {
      const session = await start(near);
      await session.stream(clip.subarray(0, 32_000));
      await session.next('AudioAdded');
      sessions.push(session);
      if (processes === 1) await expect.poll(() => enginesOf(near), { timeout: 10_000 }).toHaveLength(2);
    }
    await expect.poll(() => enginesOf(near), { timeout: 10_000 }).toHaveLength(3);
    const [doomed = 0] = await enginesOf(near);
    process.kill(doomed, 'SIGKILL');
    const ended = await Promise.race(sessions.map((session) => session.closed.then(() => session)));
    expect(await endOf(ended)).toEqual(JOB_ERROR);
    for (const session of sessions) if (session !== ended) await expectWords(session, clip.subarray(32_000));
    for (let again = 0; again < 3; again += 1) await expectWords(await start(near));
  });
});

describe('a decoder that is killed', () => {
  it('ends its session and no other', async () => {
    const [file, other] = await Promise.all([
      RealtimeClient.start(near, { key: near.bootstrap.api_key }, { audio_format: { type: 'file' } }),
      start(near),
    ]);
    const mp3 = await readFile(new URL('../fixtures/audio/speech.mp3', import.meta.url));
    await file.stream(mp3.subarray(0, 20_000));
    const decoders = async () => {
      const all = await processesWith('ffmpeg');
      return (await childrenOf(near.pid)).filter((child) => all.includes(child));
    };
    await expect.poll(decoders, { timeout: 10_000 }).toHaveLength(1);
    for (const decoder of await decoders()) process.kill(decoder, 'SIGKILL');
    expect(await endOf(file)).toEqual(['Error', 'unknown_error', 1011, 'internal_error']);
    await expectWords(other);
  });
});

describe('a database that is away for some seconds', () => {
  it('ends no session; new ones are refused, and what was used is counted afterwards', async () => {
    const { apiKey, workspaceId } = await newCustomer(near, { max_sessions: 2 });
    const [stays, ends] = await Promise.all([start(far, apiKey), start(far, apiKey)]);
    const begins = await RealtimeClient.connect(far, { key: near.bootstrap.api_key });
    await stays.stream(clip.subarray(0, 32_000));
    network.cut();
    try {
      begins.say(ENGLISH_START);
      expect(await endOf(begins)).toEqual(JOB_ERROR);
      await expectWords(ends);
      await sleep(1_500 * LEASE_SECONDS);
      expect(await refusedUpgrade(far, { key: apiKey })).toMatchObject({ status: 503 });
      await stays.stream(clip.subarray(32_000, 64_000));
    } finally {
      network.restore();
    }
    await stays.stream(clip.subarray(64_000));
    await stays.finish();
    expect(stays.text).toMatch(/^one two three four/);
    stays.close();
    const counted = () =>
      database
        .query('select count, audio_seconds from usage_daily where workspace_id = $1', [workspaceId])
        .then(({ rows }) => rows.map((row) => [Number(row.count), Number(row.audio_seconds)]));
    const seconds = clip.length / 32_000;
    await expect.poll(counted, { timeout: 10_000 }).toEqual([[2, expect.closeTo(2 * seconds, 1)]]);
    const next = await Promise.all([start(near, apiKey), start(near, apiKey)]);
    for (const session of next) session.close();
  });
});

describe('many short sessions, good and bad', () => {
  it('leave a server as it was', async () => {
    // Of other requests, which keep theirs for a while.
    const { sockets } = await holdingsOf(near);
    // Starts what is started when it is needed.
    await shortSessions(near, { sessions: 24 });
    const before = await holdingsAtRest(near, { sockets });
    await shortSessions(near, { sessions: 48 });
    const after = await holdingsAtRest(near, { sockets });
    expect(after.sockets).toBeLessThanOrEqual(sockets);
    expect(after.files).toBeLessThanOrEqual(before.files + 5);
    expect(after.processes).toBe(before.processes);
    await expectWords(await start(near));
  });
});

describe('a server that is killed', () => {
  it('holds the places of its sessions no longer than its lease', async () => {
    const { apiKey } = await newCustomer(near, { max_sessions: 1 });
    const lost = await start(far, apiKey);
    far.kill('SIGKILL');
    expect((await lost.closed).code).toBe(1006);
    expect(await refused(near, apiKey)).toBe(4005);
    await expect.poll(() => refused(near, apiKey), { timeout: 10_000 }).toBe(undefined);
  });
});

describe('a server that is stopped', () => {
  it('lets sessions end, ends what goes on with job_error, and takes no more', async () => {
    const [ends, goesOn] = await Promise.all([start(near), start(near)]);
    await goesOn.stream(clip);
    const stopped = near.stop();
    await expect.poll(() => start(near).catch(({ code }) => code)).toBe('ECONNREFUSED');
    await expectWords(ends);
    expect(await endOf(goesOn)).toEqual(JOB_ERROR);
    expect(await stopped).toBe(0);
  });
});
