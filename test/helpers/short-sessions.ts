import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../../bench/resident-bytes.ts';
import { childrenOf } from '../fixtures/audio/child-processes.ts';
import { readClip } from './api.ts';
import { ENGLISH_START, RealtimeClient, samplesOfWav } from './realtime.ts';
import type { RunningServer } from './server.ts';

type Start = Parameters<typeof RealtimeClient.start>[2];

interface Given {
  readonly server: RunningServer;
  readonly key: string;
  readonly samples: Uint8Array;
  readonly mp3: Uint8Array;
}

/** Begins a session and says part of what there is to say. */
async function begun({ server, key, samples }: Given, start?: Start, said = samples.subarray(0, 32_000)) {
  const client = await RealtimeClient.start(server, { key }, start);
  await client.stream(said);
  return client;
}

const FILE = { audio_format: { type: 'file' } };
const CHANNELS = { config: { diarization: 'channel', channel_diarization_labels: ['a', 'b'] } };

/** How sessions begin and end, well and badly. */
const WAYS: readonly ((given: Given) => Promise<RealtimeClient>)[] = [
  async function finished(given) {
    const client = await begun(given);
    await client.finish();
    client.close();
    return client;
  },
  async function finishedFile(given) {
    const client = await begun(given, FILE, given.mp3);
    await client.finish();
    client.close();
    return client;
  },
  async function finishedChannels(given) {
    const client = await begun(given, CHANNELS, new Uint8Array(0));
    const data = Buffer.from(given.samples.subarray(0, 16_000)).toString('base64');
    for (const channel of ['a', 'b']) client.say({ message: 'AddChannelAudio', channel, data });
    await client.finish();
    client.close();
    return client;
  },
  async function closed(given) {
    const client = await begun(given);
    client.close();
    return client;
  },
  async function cut(given) {
    const client = await begun(given);
    client.socket.terminate();
    return client;
  },
  async function cutFile(given) {
    const client = await begun(given, FILE, given.mp3.subarray(0, 20_000));
    client.socket.terminate();
    return client;
  },
  async function cutWhileDraining(given) {
    const client = await begun(given);
    client.say({ message: 'EndOfStream', last_seq_no: 0 });
    client.socket.terminate();
    return client;
  },
  async function cutWhileStarting({ server, key }) {
    const client = await RealtimeClient.connect(server, { key });
    client.say(ENGLISH_START);
    client.socket.terminate();
    return client;
  },
  async function cutBeforeStart({ server, key }) {
    const client = await RealtimeClient.connect(server, { key });
    client.socket.terminate();
    return client;
  },
  async function wrong(given) {
    const client = await begun(given);
    client.say('{');
    return client;
  },
  async function wrongFile(given) {
    return begun(given, FILE, Buffer.from('no audio at all '.repeat(20_000)));
  },
  async function wrongStart({ server, key }) {
    const client = await RealtimeClient.connect(server, { key });
    client.say({ ...ENGLISH_START, transcription_config: { language: 'tlh' } });
    return client;
  },
];

/** Runs so many sessions, some at a time, each in one of all ways to begin and end, and waits until they are over. */
export async function shortSessions(
  server: RunningServer,
  { sessions, atOnce = 8 }: { sessions: number; atOnce?: number },
): Promise<void> {
  const given: Given = {
    server,
    key: server.bootstrap.api_key,
    samples: samplesOfWav(await readClip()),
    mp3: await readFile(new URL('../fixtures/audio/speech.mp3', import.meta.url)),
  };
  let next = 0;
  const one = async () => {
    while (next < sessions) {
      const way = WAYS[next % WAYS.length];
      next += 1;
      await (await way?.(given))?.closed;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

/** What a server holds. */
export interface Holdings {
  /** Open files and sockets, apart from those of an embedded database. */
  readonly files: number;
  /** TCP connections on its port. */
  readonly sockets: number;
  readonly processes: number;
  readonly serverBytes: number;
  /** Of its child processes together. */
  readonly childBytes: number;
}

/** Linux only. */
export async function holdingsOf({ pid, baseUrl, dataDir }: RunningServer): Promise<Holdings> {
  const children = await childrenOf(pid);
  const resident = await Promise.all(children.map((child) => residentBytes(child).catch(() => 0)));
  return {
    files: await openFiles(pid, dataDir),
    sockets: await connectionsTo(Number(new URL(baseUrl).port)),
    processes: children.length,
    serverBytes: await residentBytes(pid),
    childBytes: resident.reduce((sum, bytes) => sum + bytes, 0),
  };
}

const REST_LIMIT_MS = 20_000;

/** The same, once there are no more connections than `sockets`; after a while whatever there is. */
export async function holdingsAtRest(server: RunningServer, { sockets = 0 } = {}): Promise<Holdings> {
  for (const endMs = Date.now() + REST_LIMIT_MS; ; await sleep(100)) {
    const found = await holdingsOf(server);
    if (found.sockets <= sockets || Date.now() > endMs) return found;
  }
}

async function openFiles(pid: number, dataDir: string): Promise<number> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const files = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => dataDir)),
  );
  return files.filter((file) => !file.startsWith(dataDir)).length;
}

/** States of a connection but those of one that is over, `TIME_WAIT` and `CLOSE`, and of a listener. */
const CONNECTION_STATE = /^(?:01|02|03|04|05|08|09|0B)$/;

async function connectionsTo(port: number): Promise<number> {
  const lines = (await readFile('/proc/net/tcp', 'latin1')).split('\n').slice(1);
  return lines.filter((line) => {
    const [, local = '', , state = ''] = line.trim().split(/\s+/);
    return Number.parseInt(local.split(':')[1] ?? '', 16) === port && CONNECTION_STATE.test(state);
  }).length;
}
