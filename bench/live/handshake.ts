/** From connecting to RecognitionStarted on a warm server, one session after the other, with a temporary key each. */
import { mintKey } from '../../test/helpers/api.ts';
import { RealtimeClient } from '../../test/helpers/realtime.ts';
import { startServer } from '../../test/helpers/server.ts';
import { printTable, quantile } from '../table.ts';

const WARM = 50;
const ROUNDS = 500;
const MAX_P99_MS = 30;

const rows: string[][] = [];
for (const isEmbedded of [true, false]) {
  const server = await startServer({
    isEmbedded,
    env: { PARLEY_ENGINE: 'scripted', PARLEY_RATE_MINT: '100000/100000' },
  });
  const key = server.bootstrap.api_key;
  const ms: number[] = [];
  for (let round = 0; round < WARM + ROUNDS; round += 1) {
    const jwt = await mintKey(server, key, { type: 'rt' });
    const startedMs = performance.now();
    const client = await RealtimeClient.start(server, { jwt });
    if (round >= WARM) ms.push(performance.now() - startedMs);
    client.close();
    await client.closed;
  }
  await server.stop();
  const found = [0.5, 0.9, 0.99].map((share) => quantile(ms, share).toFixed(1));
  rows.push([isEmbedded ? 'embedded database' : 'PostgreSQL', ...found, `${MAX_P99_MS}`]);
}
printTable(
  `Handshake to RecognitionStarted, ms, ${ROUNDS} sessions`,
  ['', 'median', 'p90', 'p99', 'bound'],
  rows,
);
