/**
 * What ten thousand connections that never send a whole request, and come again whenever they are cut off, do to a
 * hundred sessions.
 */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../test/helpers/server.ts';
import { startProcess } from '../start-process.ts';
import { printTable } from '../table.ts';
import { speech, throughServerAtOnce } from './paced.ts';

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
const active = () => throughServerAtOnce(ACTIVE, server, server.bootstrap.api_key, { audio, config });
await active();
const alone = await active();
const clients = startProcess(new URL('./hostile-clients.ts', import.meta.url));
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
