/**
 * Two nodes on one PostgreSQL. How long until every node has applied a revocation; whether a warm node that was idle
 * after it refuses the first request; and, over many keys at once, whether anything is accepted after a receipt.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../test/helpers/api.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { type RunningServer, startServer } from '../test/helpers/server.ts';
import { printTable } from './table.ts';

const SILENT_TRIALS = 500;
const IDLE_MS = 100;
const RECEIPT_TRIALS = Number(process.env.TRIALS ?? 20_000);
const PARALLEL = 50;

const cluster = await startPostgres();
const env = {
  PARLEY_ENGINE: 'scripted',
  PARLEY_LOG_LEVEL: 'error',
  PARLEY_DATABASE_URL: cluster.url,
  PARLEY_RATE_READ: '100000/100000',
  PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
};
const near = await startServer({ env });
const pepper = path.join(near.dataDir, 'pepper');
const far = await startServer({ bootstrap: near.bootstrap, env: { ...env, PARLEY_PEPPER_FILE: pepper } });
const { management_token, project_id } = near.bootstrap;

async function newKey(): Promise<{ id: string; value: string }> {
  const body = JSON.stringify({ project_id, name: 'trial' });
  const answer = await ask(near, '/v1/api-keys', { method: 'POST', key: management_token, body });
  const { apikey_id, key_value } = answer.json<{ apikey_id: string; key_value: string }>();
  return { id: apikey_id, value: key_value };
}

const statusOn = async (server: RunningServer, key: string): Promise<number> =>
  (await ask(server, '/v2/jobs?limit=1', { key })).status;

async function revoke(id: string, waitSeconds: number): Promise<boolean> {
  const target = `/v1/api-keys/${id}?wait=${waitSeconds}`;
  const answer = await ask(near, target, { method: 'DELETE', key: management_token });
  return answer.json<{ receipt: { complete: boolean } }>().receipt.complete;
}

async function silentTrial(): Promise<boolean> {
  const { id, value } = await newKey();
  if ((await statusOn(far, value)) !== 200) throw new Error('a good key was refused');
  await revoke(id, 0);
  await sleep(IDLE_MS);
  return (await statusOn(far, value)) === 401;
}

/** Milliseconds from the request to revoke until its receipt is complete. */
const receiptMs: number[] = [];

async function receiptTrial(): Promise<number> {
  const { id, value } = await newKey();
  const warm = await Promise.all([statusOn(far, value), statusOn(near, value)]);
  if (warm.some((status) => status !== 200)) throw new Error('a good key was refused');
  if (!(await revoke(id, 30))) throw new Error('a receipt was not complete');
  const after = await Promise.all([statusOn(far, value), statusOn(near, value)]);
  return after.filter((status) => status !== 401).length;
}

let refused = 0;
for (let trial = 0; trial < SILENT_TRIALS; trial += 1) if (await silentTrial()) refused += 1;
for (let trial = 0; trial < SILENT_TRIALS; trial += 1) {
  const { id, value } = await newKey();
  await statusOn(far, value);
  const started = performance.now();
  await revoke(id, 10);
  receiptMs.push(performance.now() - started);
}

let accepted = 0;
let left = RECEIPT_TRIALS;
await Promise.all(
  Array.from({ length: PARALLEL }, async () => {
    while (left > 0) {
      left -= 1;
      accepted += await receiptTrial();
    }
  }),
);

receiptMs.sort((a, b) => a - b);
const at = (share: number) => (receiptMs[Math.floor(receiptMs.length * share)] ?? 0).toFixed(1);
printTable(
  'Revocation, two nodes on one PostgreSQL',
  ['measure', 'result', 'bound'],
  [
    [`first request refused on a warm node, idle ${IDLE_MS} ms, of ${SILENT_TRIALS}`, `${refused}`, 'all'],
    ['revoked and applied on both nodes, ms, median', at(0.5), ''],
    ['the same, p99', at(0.99), '100'],
    [`accepted after a complete receipt, ${RECEIPT_TRIALS} trials, ${PARALLEL} at once`, `${accepted}`, '0'],
  ],
);
await far.stop();
await near.stop();
await cluster.stop();
