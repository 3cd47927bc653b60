/**
 * What thousands of idle authenticated sockets cost: memory of each beyond what it costs a bare WebSocket server in the
 * same Node, and what they do to sessions that are active.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { startServer } from '../../test/helpers/server.ts';
import { residentBytes } from '../resident-bytes.ts';
import { printTable, quantile } from '../table.ts';
import { speech, throughServer } from './paced.ts';

const SOCKETS = 5_000;
const ACTIVE = 20;
const BOUNDS = { bytes: 20_000, slowdown: 1.2 };
const audio = await speech(20);
const config = { max_delay: 1, enable_partials: true };

const bare = fork(new URL('./bare-sockets.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
const [port] = (await once(bare, 'message')) as [number];
const bareBytes = await costOf(`ws://127.0.0.1:${port}`, bare.pid ?? 0, {});
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
await active();
const alone = await active();
const url = `${server.baseUrl.replace('http', 'ws')}/v2`;
const open: WebSocket[] = [];
const bytes = await costOf(url, server.pid, { authorization: `Bearer ${key}` }, open);
const beside = await active();
for (const socket of open) socket.terminate();
await server.stop();

printTable(
  `${SOCKETS} idle sockets`,
  ['', 'KB each', `p99 of ${ACTIVE} active sessions, s`],
  [
    ['bare WebSocket server', (bareBytes / 1_000).toFixed(1), ''],
    ['Parley', (bytes / 1_000).toFixed(1), beside.toFixed(3)],
    ['Parley without them', '', alone.toFixed(3)],
  ],
);
const extra = (bytes - bareBytes) / 1_000;
console.log(`\n${extra.toFixed(1)} KB more than bare (bound ${BOUNDS.bytes / 1_000}), `);
console.log(`active sessions ${(beside / alone).toFixed(2)} times as slow (bound ${BOUNDS.slowdown})`);

/** Memory per socket of the process that takes them. */
async function costOf(
  to: string,
  pid: number,
  headers: Record<string, string>,
  sockets: WebSocket[] = [],
): Promise<number> {
  const before = await residentBytes(pid);
  for (let opened = 0; opened < SOCKETS; opened += 100) {
    const batch = Array.from({ length: 100 }, () => new WebSocket(to, { headers }));
    await Promise.all(batch.map((socket) => once(socket, 'open')));
    sockets.push(...batch);
  }
  await sleep(2_000);
  return ((await residentBytes(pid)) - before) / SOCKETS;
}

/** How long after the end of a word its final comes, at the 99th percentile of all active sessions. */
async function active(): Promise<number> {
  const streams = Array.from({ length: ACTIVE }, () => throughServer(server, key, { audio, config }));
  return quantile(
    (await Promise.all(streams)).flatMap(({ finals }) => finals),
    0.99,
  );
}
