import { readdir } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { residentBytes } from '../../bench/resident-bytes.ts';
import { createSecret } from '../../src/identity/secrets/secret.ts';
import { readClip } from '../helpers/api.ts';
import { newCustomer } from '../helpers/management.ts';
import { exchange } from '../helpers/raw-http.ts';
import { frame, OPCODE, RawWebSocket, upgradeHead } from '../helpers/raw-websocket.ts';
import { ENGLISH_START, RealtimeClient, samplesOfWav } from '../helpers/realtime.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';

/** What one client may cost all others over a WebSocket, and before it is one. */
let server: RunningServer;
let key: string;
let clip: Uint8Array;
let before: { readonly bytes: number; readonly files: number };
/** Opened at the beginning, because they take longest to be ended. */
let slow: Dribble[];

/** Few, so that one that is not given back is missed. */
const PLACES = 4;
const MIB = 2 ** 20;

beforeAll(async () => {
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_MAX_STREAMS: `${PLACES}`,
      PARLEY_SESSION_IDLE_SECONDS: '4',
    },
  });
  key = server.bootstrap.api_key;
  clip = samplesOfWav(await readClip());
  await goodSession();
  before = { bytes: await residentBytes(server.pid), files: await openFiles() };
  slow = [...Array.from({ length: 20 }, () => dribble()), ...Array.from({ length: 20 }, () => dribble(''))];
});
afterAll(() => server?.stop());

const attackers: RawWebSocket[] = [];
afterEach(async () => {
  for (const { socket } of attackers.splice(0)) socket.destroy();
  // As many as there are places for, so all of those are free again.
  await Promise.all(Array.from({ length: PLACES }, goodSession));
  const grownMib = ((await residentBytes(server.pid)) - before.bytes) / MIB;
  // What is not held any more is still there until it is collected.
  expect(grownMib).toBeLessThan(400);
});

const openFiles = async () => (await readdir(`/proc/${server.pid}/fd`)).length;

async function goodSession(): Promise<void> {
  const client = await expectPlace(key);
  await client.stream(clip);
  await client.finish();
  expect(client.text).toMatch(/^one two three four/);
  client.close();
  await client.closed;
}

/** Starts a session as soon as there is a place: whoever was cut off is gone a moment later. */
async function expectPlace(apiKey: string): Promise<RealtimeClient> {
  for (const endMs = Date.now() + 10_000; ; await sleep(50)) {
    const client = await RealtimeClient.connect(server, { key: apiKey });
    client.say(ENGLISH_START);
    const closed = await Promise.race([client.next('RecognitionStarted').catch(() => {}), client.closed]);
    if (closed && 'message' in closed) return client;
    if (Date.now() > endMs) throw new Error('there is no place for a session');
  }
}

interface AttackerOptions {
  /** Absent: no session is started. */
  readonly start?: object;
  readonly headers?: readonly (readonly [string, string])[];
}

async function attacker({ start, headers }: AttackerOptions = {}): Promise<RawWebSocket> {
  const client = await RawWebSocket.open(server, key, headers);
  attackers.push(client);
  if (!start) return client;
  client.say(start);
  await client.next('RecognitionStarted');
  return client;
}

/** Of this much more is to be heard than is sent, so it waits. */
const SLOW_START = { ...ENGLISH_START, audio_format: { ...ENGLISH_START.audio_format, sample_rate: 1_000 } };

interface Dribble {
  readonly socket: Socket;
  readonly openedMs: number;
  endedMs: number;
}

/** A request whose head never ends. */
function dribble(piece = 'x'): Dribble {
  const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1');
  const made: Dribble = { socket, openedMs: Date.now(), endedMs: Number.POSITIVE_INFINITY };
  if (piece !== '') socket.write('GET /v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
  const timer = setInterval(() => socket.write(piece), 500);
  socket.on('error', () => {}).resume();
  socket.on('close', () => {
    clearInterval(timer);
    made.endedMs = Date.now();
  });
  return made;
}

const audio = (bytes: number) => frame(OPCODE.binary, Buffer.alloc(bytes, 1));
const many = (count: number, one: Buffer) => Buffer.concat(Array.from({ length: count }, () => one));
const text = (message: object) => frame(OPCODE.text, JSON.stringify(message));
const PONGS = many(500, frame(OPCODE.pong, Buffer.alloc(122)));

describe('what is no WebSocket', () => {
  it.each<[string, Buffer, number]>([
    ['a frame without a mask', frame(OPCODE.binary, 'ab', { isMasked: false }), 1002],
    ['the bit of compression', frame(OPCODE.text, 'ab', { reserved: 4 }), 1002],
    ['the second reserved bit', frame(OPCODE.text, 'ab', { reserved: 2 }), 1002],
    ['the third reserved bit', frame(OPCODE.text, 'ab', { reserved: 1 }), 1002],
    ['an unknown kind of data', frame(3, 'ab'), 1002],
    ['an unknown kind of control', frame(11, 'ab'), 1002],
    ['a ping that is too long', frame(OPCODE.ping, Buffer.alloc(126)), 1002],
    ['a ping in fragments', frame(OPCODE.ping, 'ab', { isLast: false }), 1002],
    ['a fragment of nothing', frame(OPCODE.more, 'ab'), 1002],
    [
      'a message in a message',
      Buffer.concat([frame(OPCODE.binary, 'ab', { isLast: false }), frame(OPCODE.binary, 'ab')]),
      1002,
    ],
    ['a close of one byte', frame(OPCODE.close, 'a'), 1002],
    ['a close for no reason', frame(OPCODE.close, Buffer.from([3, 237])), 1002],
    ['text that is not UTF-8', frame(OPCODE.text, Buffer.from([0x22, 0xc0, 0xaf, 0x22])), 1007],
    ['a surrogate in UTF-8', frame(OPCODE.text, Buffer.from([0xed, 0xa0, 0x80])), 1007],
    ['17 MiB', frame(OPCODE.binary, '', { announced: BigInt(17 * MIB) }), 1009],
    ['2^53 bytes', frame(OPCODE.binary, '', { announced: 2n ** 53n }), 1009],
    ['2^63 bytes', frame(OPCODE.binary, '', { announced: 2n ** 63n }), 1009],
  ])('%s ends the connection', async (_, bytes, code) => {
    const client = await attacker({ start: ENGLISH_START });
    client.socket.write(bytes);
    await client.ended;
    expect(client.closeCode).toBe(code);
  });

  it('compression is not on offer, so nothing can be a bomb', async () => {
    const offer = 'permessage-deflate; client_max_window_bits';
    const client = await attacker({ start: ENGLISH_START, headers: [['Sec-WebSocket-Extensions', offer]] });
    expect(client.head).not.toMatch(/sec-websocket-extensions/i);
    client.socket.write(frame(OPCODE.binary, deflateRawSync(Buffer.alloc(100 * MIB)), { reserved: 4 }));
    await client.ended;
    expect(client.closeCode).toBe(1002);
  });
});

describe('a message that never ends', () => {
  it.each([
    ['in fragments of nothing', frame(OPCODE.more, '', { isLast: false })],
    ['in fragments of a byte', frame(OPCODE.more, 'a', { isLast: false })],
    [
      'in fragments of a byte with pongs between them',
      Buffer.concat([frame(OPCODE.more, 'a', { isLast: false }), PONGS]),
    ],
    ['in fragments of 1 MiB', frame(OPCODE.more, Buffer.alloc(MIB), { isLast: false })],
  ])('%s', async (_, more) => {
    const client = await attacker({ start: ENGLISH_START });
    client.socket.write(frame(OPCODE.binary, '', { isLast: false }));
    await client.flood(more, 20_000);
    await client.ended;
  });
});

describe('a flood', () => {
  it.each([
    ['of pings', many(500, frame(OPCODE.ping, Buffer.alloc(122))), true],
    ['of pings without reading an answer', many(500, frame(OPCODE.ping, Buffer.alloc(122))), false],
    ['of pongs', PONGS, true],
  ])('%s ends the connection', async (_, bytes, isReading) => {
    const client = await attacker();
    if (!isReading) client.socket.pause();
    await client.flood(bytes, 2_000);
    client.socket.resume();
    await client.ended;
  });

  it('of pieces of one byte is taken, each by itself', async () => {
    const client = await attacker({ start: ENGLISH_START });
    await client.flood(many(1_000, audio(1)), 20);
    client.say({ message: 'EndOfStream', last_seq_no: 20_000 });
    await client.next('EndOfTranscript');
    const acknowledged = client.messages.flatMap(({ message, seq_no }) =>
      message === 'AudioAdded' ? [seq_no] : [],
    );
    expect(acknowledged).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
  });

  it('of pieces of one byte, each with much that is forgotten, keeps no more than the pieces', async () => {
    const client = await attacker({ start: SLOW_START });
    const change = { message: 'GetSpeakers', filling: 'x'.repeat(60_000) };
    // Audio that waits already, so that the pieces do.
    await client.flood(audio(MIB), 20);
    await client.flood(Buffer.concat([audio(1), text(change)]), 4_000);
    const grownMib = ((await residentBytes(server.pid)) - before.bytes) / MIB;
    expect(grownMib).toBeLessThan(200);
  });

  it('of audio is taken no faster than it is heard, in bounded memory', async () => {
    const client = await attacker({ start: ENGLISH_START });
    let peakMib = 0;
    const watching = setInterval(async () => {
      peakMib = Math.max(peakMib, ((await residentBytes(server.pid)) - before.bytes) / MIB);
    }, 50);
    await client.flood(audio(MIB), 100);
    clearInterval(watching);
    expect(peakMib).toBeLessThan(200);
    expect(client.socket.destroyed).toBe(false);
  });

  it.each([
    ['requests', { message: 'ForceEndOfUtterance', timestamp: 1_000 }, /requests wait/],
    ['changes', { message: 'SetRecognitionConfig', transcription_config: {} }, /requests wait/],
    [
      'messages of a million values',
      { message: 'GetSpeakers', x: Array.from({ length: 1e6 }, () => []) },
      /values/,
    ],
  ])('of %s ends the session', async (_, message, reason) => {
    const client = await attacker({ start: SLOW_START });
    // While audio waits nothing else is answered.
    await client.flood(audio(MIB), 20);
    await client.flood(many(200, text(message)).subarray(0, 8 * MIB), 50);
    expect(await client.next('Error')).toMatchObject({ reason: expect.stringMatching(reason) });
  });

  it('by one who never reads is not read any more', async () => {
    const client = await attacker({ start: ENGLISH_START });
    client.socket.pause();
    const asking = client.flood(many(1_000, text({ message: 'GetSpeakers' })), 10_000);
    let written = -1;
    while (client.socket.bytesWritten !== written) {
      written = client.socket.bytesWritten;
      await sleep(500);
    }
    expect(written).toBeLessThan(100 * MIB);
    client.socket.destroy();
    await asking;
  });
});

describe('connections', () => {
  it('that nobody may have are refused, and hold up nobody', async () => {
    const bad = Array.from({ length: 300 }, (_, index) =>
      exchange(server, upgradeHead(index % 2 ? createSecret('api-key') : 'nonsense'), { limitMs: 20_000 }),
    );
    await goodSession();
    const statuses = (await Promise.all(bad)).map(({ answers }) => answers[0]?.status);
    expect([...new Set(statuses)].toSorted()).toEqual([401, 429]);
  });

  it('that are cut while they are made, or start, leave nothing', async () => {
    for (let round = 0; round < 60; round += 1) {
      const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write(upgradeHead(key));
      socket.write(text(ENGLISH_START));
      await sleep(round % 20);
      if (round % 3) socket.destroy();
      else socket.resetAndDestroy();
    }
    await expect.poll(openFiles, { timeout: 10_000 }).toBeLessThan(before.files + 60);
  });

  it('that each begin a large message and leave it so are cut off, the largest first', async () => {
    const bystander = await RealtimeClient.start(server, { key });
    const half = frame(OPCODE.binary, Buffer.alloc(8 * MIB), { announced: BigInt(15 * MIB) });
    const holders = await Promise.all(Array.from({ length: 120 }, () => attacker()));
    for (const { socket } of holders) socket.write(half);
    const cut = () => holders.filter(({ socket }) => socket.destroyed).length;
    await expect.poll(cut, { timeout: 60_000 }).toBeGreaterThanOrEqual(120 - 128 / 8);
    // Of 960 that were sent; what is free again the process gives back later.
    expect(((await residentBytes(server.pid)) - before.bytes) / MIB).toBeLessThan(500);
    await bystander.finish();
    bystander.close();
  });

  it('that all want to start get what there is, and the others an answer', async () => {
    const { apiKey } = await newCustomer(server, { max_sessions: 2 });
    const ends = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const client = await RealtimeClient.connect(server, { key: apiKey });
        client.say(ENGLISH_START);
        const started = client.next('RecognitionStarted').then(
          () => client,
          () => undefined,
        );
        return Promise.race([started, client.closed]);
      }),
    );
    const [refused, started] = [0, 0].map((_, index) =>
      ends.filter((end) => (end instanceof RealtimeClient ? index === 1 : index === 0)),
    );
    expect(started).toHaveLength(2);
    expect(new Set(refused?.map((end) => end && 'code' in end && end.code))).toEqual(new Set([4005]));
    for (const client of started ?? []) if (client instanceof RealtimeClient) client.socket.terminate();
    (await expectPlace(apiKey)).socket.terminate();
  });

  it('on which nothing passes any more give their places back', async () => {
    const { apiKey } = await newCustomer(server, { max_sessions: 1 });
    const network = await startTcpProxy(server.baseUrl);
    const far = await RealtimeClient.start({ baseUrl: network.url }, { key: apiKey });
    expect(network.freeze(apiKey)).toBe(1);
    (await expectPlace(apiKey)).socket.terminate();
    far.socket.terminate();
    await network.close();
  });

  it('whose heads never end are ended', async () => {
    await expect.poll(() => slow.filter(({ socket }) => !socket.destroyed), { timeout: 15_000 }).toEqual([]);
    // Node by itself looks for them every 30 s.
    const seconds = slow.map(({ openedMs, endedMs }) => (endedMs - openedMs) / 1_000);
    expect(Math.max(...seconds)).toBeLessThan(15);
  });

  it('that say nothing are bounded, and the oldest go first', async () => {
    const silent = Array.from({ length: 700 }, () => dribble(''));
    const isOpen = ({ socket }: Dribble) => !socket.destroyed;
    await expect.poll(() => silent.slice(0, 150).filter(isOpen), { timeout: 4_000 }).toEqual([]);
    await goodSession();
    for (const { socket } of silent) socket.destroy();
  });
});

describe('the server after all that', () => {
  it('has nothing left open, and has failed nowhere', async () => {
    await expect.poll(openFiles, { timeout: 10_000 }).toBeLessThan(before.files + 10);
    expect(server.logs().filter((line) => /"level":[56]0|"status":5\d\d/.test(line))).toEqual([]);
  });
});
