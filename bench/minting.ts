/** Minting temporary keys over HTTP: how many per second, and what it does to the latency of other requests. */
import autocannon from 'autocannon';
import { startServer } from '../test/helpers/server.ts';
import { printTable } from './table.ts';

const SECONDS = 6;
const RATE = 1_000;

const server = await startServer({
  env: {
    PARLEY_ENGINE: 'scripted',
    PARLEY_LOG_LEVEL: 'error',
    PARLEY_RATE_MINT: '100000/100000',
    PARLEY_RATE_READ: '100000/100000',
  },
});
const headers = { authorization: `Bearer ${server.bootstrap.api_key}` };

const mint = (options: object) =>
  autocannon({
    url: `${server.baseUrl}/v1/api_keys?type=batch`,
    method: 'POST',
    headers,
    body: JSON.stringify({ ttl: 60, client_ref: 'bench' }),
    duration: SECONDS,
    connections: 16,
    ...options,
  });
const read = () =>
  autocannon({
    url: `${server.baseUrl}/v1/discovery/features`,
    duration: SECONDS,
    connections: 2,
    overallRate: 200,
  });

const alone = await mint({});
const quiet = await read();
const [minting, busy] = await Promise.all([mint({ overallRate: RATE }), read()]);
printTable(
  'Minting temporary keys (RS256) over HTTP',
  ['measure', 'result', 'bound'],
  [
    ['as fast as it goes, per second', alone.requests.average.toFixed(0), '1000'],
    [`at ${RATE}/s: minted per second`, minting.requests.average.toFixed(0), ''],
    ['other requests without minting, ms, median / p99', `${quiet.latency.p50} / ${quiet.latency.p99}`, ''],
    [`other requests during ${RATE}/s, ms, median / p99`, `${busy.latency.p50} / ${busy.latency.p99}`, ''],
  ],
);
if (minting.non2xx + alone.non2xx + busy.non2xx > 0) throw new Error('a request was refused');
await server.stop();
