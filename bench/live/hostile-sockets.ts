/**
 * What ten thousand connections that never send a whole request, and come again whenever they are cut off, do to a
 * hundred sessions.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../test/helpers/server.ts';
import { printTable, quantile } from '../table.ts';
import { speech, throughServer } from './paced.ts';

const SOCKETS = 10_000;
const ACTIVE = 100;
const MAX_SLOWDOWN = 1.2;
const audio = await speech(15);
const config = { max_delay: 1, enable_partials: true };

const server = await startServer({
  env: {
    PARLEY_ENGINE: 'scripted',
    PARLEY_MAX_STREAMS: '1000',
    PARLEY_MAX_WORKSPACE_SESSIONS: '1000',
  },
});
await active();
const alone = await active();
const clients = fork(new URL('./hostile-clients.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
clients.send({ port: Number(new URL(server.baseUrl).port), sockets: SOCKETS });
await once(clients, 'message');
await sleep(1_000);
const beside = await active();
clients.kill();
await server.stop();

printTable(
  `${SOCKETS} hostile connections, ${ACTIVE} sessions`,
  ['', 'final at p99, s', 'confirmation at p99, ms'],
  [
    ['alone', alone.final.toFixed(3), alone.confirmed.toFixed(1)],
    ['beside them', beside.final.toFixed(3), beside.confirmed.toFixed(1)],
  ],
);
console.log(`\nfinals ${(beside.final / alone.final).toFixed(2)} times as late (bound ${MAX_SLOWDOWN})`);

/** The 99th percentiles of all sessions. */
async function active(): Promise<{ final: number; confirmed: number }> {
  const streams = Array.from({ length: ACTIVE }, () =>
    throughServer(server, server.bootstrap.api_key, { audio, config }),
  );
  const delays = await Promise.all(streams);
  const p99 = (values: number[]) => quantile(values, 0.99);
  return {
    final: p99(delays.flatMap(({ finals }) => finals)),
    confirmed: 1_000 * p99(delays.flatMap(({ confirmed }) => confirmed)),
  };
}
