/**
 * What thousands of idle authenticated sockets cost: memory of each beyond what it costs a bare WebSocket server in the
 * same Node, and what they do to sessions that are active.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../test/helpers/server.ts';
import { residentBytes } from '../resident-bytes.ts';
import { startProcess } from '../start-process.ts';
import { printTable } from '../table.ts';
import { speech, throughServerAtOnce } from './paced.ts';

const SOCKETS = 5_000;
const ACTIVE = 20;
const BOUNDS = { bytes: 20_000, slowdown: 1.2 };
const audio = await speech(20);
const config = { max_delay: 1, enable_partials: true };

const bare = startProcess(new URL('./bare-sockets.ts', import.meta.url));
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
const active = () => throughServerAtOnce(ACTIVE, server, key, { audio, config });
const url = `${server.baseUrl.replace('http', 'ws')}/v2`;
// First, while the process has no memory left over from sessions.
const { clients, bytes } = await openTo(url, server.pid, { authorization: `Bearer ${key}` });
await active();
const beside = await active();
clients.kill();
await sleep(2_000);
const alone = await active();
await server.stop();

const row = ({ final, confirmed }: typeof alone) => [final.toFixed(3), confirmed.toFixed(1)];
printTable(
  `${SOCKETS} idle sockets`,
  ['', 'KB each', `final of ${ACTIVE} active sessions at p99, s`, 'confirmation at p99, ms'],
  [
    ['bare WebSocket server', (toBare.bytes / 1_000).toFixed(1), '', ''],
    ['Parley', (bytes / 1_000).toFixed(1), ...row(beside)],
    ['Parley without them', '', ...row(alone)],
  ],
);
const extra = (bytes - toBare.bytes) / 1_000;
console.log(`\n${extra.toFixed(1)} KB more than bare (bound ${BOUNDS.bytes / 1_000}), `);
console.log(
  `active sessions ${(beside.final / alone.final).toFixed(2)} times as slow (bound ${BOUNDS.slowdown})`,
);

/** Opens sockets, from a process whose work delays nobody here, and weighs each in the memory of who takes them. */
async function openTo(to: string, pid: number, headers: Readonly<Record<string, string>> = {}) {
  const before = await residentBytes(pid);
  const clients = startProcess(new URL('./idle-clients.ts', import.meta.url));
  clients.send({ to, headers, sockets: SOCKETS });
  await once(clients, 'message');
  await sleep(2_000);
  return { clients, bytes: ((await residentBytes(pid)) - before) / SOCKETS };
}
