/**
 * What a server holds after many short sessions, of which most end badly: cut off, with an Error, or abandoned by their
 * client. It should be what it held before: connections, files, processes, and memory within a margin.
 * `SOAK_SESSIONS`: how many, by default 500.
 */

import { startServer } from '../../test/helpers/server.ts';
import { type Holdings, holdingsAtRest, shortSessions } from '../../test/helpers/short-sessions.ts';
import { printTable } from '../table.ts';

const SESSIONS = Number(process.env.SOAK_SESSIONS ?? 500);
/** After them every process is loaded, and memory has its usual size. */
const WARM = 60;
const MARGIN_MB = 100;

const server = await startServer({ env: { PARLEY_MAX_STREAMS: '100' } });
await shortSessions(server, { sessions: WARM });
const before = await holdingsAtRest(server);
await shortSessions(server, { sessions: SESSIONS });
const after = await holdingsAtRest(server);
await server.stop();

const MEASURES: readonly (readonly [name: string, of: (held: Holdings) => number, mayGrow: number])[] = [
  ['connections', ({ sockets }) => sockets, 0],
  ['open files', ({ files }) => files, 0],
  ['processes', ({ processes }) => processes, 0],
  ['memory of the server, MB', ({ serverBytes }) => Math.round(serverBytes / 1e6), MARGIN_MB],
  ['memory of engine processes, MB', ({ childBytes }) => Math.round(childBytes / 1e6), MARGIN_MB],
];
printTable(
  `${SESSIONS} short sessions`,
  ['', 'before', 'after', 'may grow by', ''],
  MEASURES.map(([name, of, mayGrow]) => {
    const isMet = of(after) - of(before) <= mayGrow;
    return [name, `${of(before)}`, `${of(after)}`, `${mayGrow}`, isMet ? 'met' : 'MISSED'];
  }),
);
