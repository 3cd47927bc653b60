/**
 * What thousands of idle authenticated sockets cost: memory of each beyond what it costs a bare WebSocket server in the
 * same Node, and what they do to sessions that are active.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { RealtimeClient } from '../../test/helpers/realtime.ts';
import { startServer } from '../../test/helpers/server.ts';
import { residentBytes } from '../resident-bytes.ts';
import { printTable, quantile } from '../table.ts';
import { atPace, speech } from './paced.ts';

const SOCKETS = 5_000;
const ACTIVE = 20;
const BOUNDS = { bytes: 20_000, slowdown: 1.2 };
const audio = await speech(20);
const config = { max_delay: 1, enable_partials: true };

const bare = start('./bare-sockets.ts');
const [port] = (await once(bare, 'message')) as [number];
const toBare = await openTo(`ws://127.0.0.1:${port}`, bare.pid ?? 0);
toBare.clients.kill();
bare.kill();

const server = await startServer({
  env: {
    PARLEY_ENGINE: 'scripted',
    PARLEY_SESSION_START_SECONDS: '3600',
    PARLEY_MAX_STREAMS: '1000',
    PARLEY_MAX_WORKSPACE_SESSIONS: '1000',
  },
});
const key = server.bootstrap.api_key;
const url = `${server.baseUrl.replace('http', 'ws')}/v2`;
// First, while the process has no memory left over from sessions.
const { clients, bytes } = await openTo(url, server.pid, { authorization: `Bearer ${key}` });
await active();
const beside = await active();
clients.kill();
await sleep(2_000);
const alone = await active();
await server.stop();

printTable(
  `${SOCKETS} idle sockets`,
  ['', 'KB each', `p99 of ${ACTIVE} active sessions, ms`],
  [
    ['bare WebSocket server', (toBare.bytes / 1_000).toFixed(1), ''],
    ['Parley', (bytes / 1_000).toFixed(1), beside.toFixed(1)],
    ['Parley without them', '', alone.toFixed(1)],
  ],
);
const extra = (bytes - toBare.bytes) / 1_000;
console.log(`\n${extra.toFixed(1)} KB more than bare (bound ${BOUNDS.bytes / 1_000}), `);
console.log(`active sessions ${(beside / alone).toFixed(2)} times as slow (bound ${BOUNDS.slowdown})`);

function start(module: string): ChildProcess {
  return fork(new URL(module, import.meta.url), { execArgv: ['--import', 'tsx'] });
}

/** Opens sockets, from a process whose work delays nobody here, and weighs each in the memory of who takes them. */
async function openTo(to: string, pid: number, headers: Readonly<Record<string, string>> = {}) {
  const before = await residentBytes(pid);
  const clients = start('./idle-clients.ts');
  clients.send({ to, headers, sockets: SOCKETS });
  await once(clients, 'message');
  await sleep(2_000);
  return { clients, bytes: ((await residentBytes(pid)) - before) / SOCKETS };
}

/** From sending a piece of audio to its confirmation, in ms: the 99th percentile of all active sessions. */
async function active(): Promise<number> {
  return quantile((await Promise.all(Array.from({ length: ACTIVE }, confirmations))).flat(), 0.99);
}

async function confirmations(): Promise<number[]> {
  const client = await RealtimeClient.start(server, { key }, { config });
  const sentMs: number[] = [];
  const delays: number[] = [];
  client.socket.on('message', (data) => {
    const { message, seq_no } = JSON.parse(String(data));
    if (message === 'AudioAdded') delays.push(performance.now() - (sentMs[seq_no - 1] ?? Number.NaN));
  });
  await atPace(audio, performance.now(), (piece) => {
    sentMs.push(performance.now());
    client.audio(piece);
  });
  await client.finish(60_000);
  client.close();
  return delays;
}
