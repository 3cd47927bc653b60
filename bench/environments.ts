/**
 * A control plane and two environments, one with two nodes, each on a PostgreSQL of its own. How long until a key that was
 * made works in every environment, and until one that was revoked does in none; and, over many keys at once, while nodes are
 * paused or die and links are cut, whether anything is accepted after a complete receipt.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../test/helpers/api.ts';
import { startInstallation } from '../test/helpers/environments.ts';
import { expectJson, type NewKey, newCustomer, newKey } from '../test/helpers/management.ts';
import { revoke } from '../test/helpers/revocation.ts';
import type { RunningServer } from '../test/helpers/server.ts';
import { nodesOf, startTroubled, TROUBLES, type Trouble } from '../test/helpers/troubles.ts';
import { printTable } from './table.ts';

const TRIALS = Number(process.env.TRIALS ?? 10_000);
const TIMED_TRIALS = Math.ceil(TRIALS / 20);
const KEYS_AT_ONCE = 100;
const PARALLEL = 20;
const BOUND_MS = 1_000;

const installation = await startInstallation(['EU1', 'EU2'], {
  PARLEY_LOG_LEVEL: 'error',
  PARLEY_LEASE_SECONDS: '2',
  PARLEY_RATE_READ: '100000/100000',
  PARLEY_RATE_BAD_CREDENTIALS: '100000/100000',
});
const under = await startTroubled(installation);
const customer = await newCustomer(installation.control, { customer_type: 'enterprise', regions: ['eu'] });

const createKey = () => newKey(installation.control, customer);
const revoked = (key: NewKey, waitSeconds: number) =>
  revoke(installation.control, customer, key, waitSeconds);
const statusAt = async (server: RunningServer, { value }: NewKey): Promise<number> =>
  (await ask(server, '/v2/jobs?limit=1', { key: value })).status;

async function usableEverywhere(key: NewKey): Promise<void> {
  for (const server of nodesOf(under)) {
    while ((await statusAt(server, key)) !== 200) await sleep(2);
  }
}

/** Milliseconds from the answer that made the key until it works on every node. */
const createdMs: number[] = [];
/** From the request to revoke it until the receipt is complete. */
const revokedMs: number[] = [];
/** First requests to idle nodes, so long after a revocation that nobody waited for. */
let silentlyRefused = 0;

for (let trial = 0; trial < TIMED_TRIALS; trial += 1) {
  const key = await createKey();
  const madeMs = performance.now();
  await usableEverywhere(key);
  createdMs.push(performance.now() - madeMs);
  const askedMs = performance.now();
  const { complete } = await revoked(key, 30);
  if (!complete) throw new Error('a receipt was not complete');
  revokedMs.push(performance.now() - askedMs);
}
await inParallel(TIMED_TRIALS, async () => {
  const key = await createKey();
  await usableEverywhere(key);
  await revoked(key, 0);
  await sleep(BOUND_MS);
  const statuses = await Promise.all(nodesOf(under).map((server) => statusAt(server, key)));
  if (statuses.every((status) => status === 401)) silentlyRefused += 1;
});

const count = { trials: 0, complete: 0, requests: 0, accepted: 0 };
const troubles = Object.values(TROUBLES);
for (let round = 0; count.trials < TRIALS; round += 1) {
  await receiptRound(troubles[round % troubles.length] as Trouble);
}

/** What goes wrong begins before the revocations or in the midst of them. */
async function receiptRound(begin: Trouble): Promise<void> {
  const keys: NewKey[] = [];
  await inParallel(KEYS_AT_ONCE, async () => {
    const key = await createKey();
    await usableEverywhere(key);
    keys.push(key);
  });
  const early = Math.random() < 0.5 ? await begin(under) : undefined;
  const revoking = Promise.all(keys.map((key) => revoked(key, Math.random() < 0.5 ? 1 : 5)));
  await sleep(Math.random() * 100);
  const { unheard, end } = early ?? (await begin(under));
  const receipts = await revoking;
  const done = keys.filter((_, at) => receipts[at]?.complete);
  const heard = nodesOf(under).filter((server) => !unheard.includes(server));
  await check(heard, done);
  await end();
  await check(nodesOf(under), done);
  await expectJson(200, ask(installation.control, '/health/ready'));
  if (!(await revoked(await createKey(), 30)).complete) throw new Error('it has not recovered within 30 s');
  await check(nodesOf(under), keys);
  count.trials += keys.length;
  count.complete += done.length;
}

async function check(servers: readonly RunningServer[], keys: readonly NewKey[]): Promise<void> {
  const requests = servers.flatMap((server) => keys.map((key) => ({ server, key })));
  count.requests += requests.length;
  await inParallel(requests.length, async (at) => {
    const { server, key } = requests[at] as (typeof requests)[number];
    if ((await statusAt(server, key)) !== 401) count.accepted += 1;
  });
}

async function inParallel(times: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: PARALLEL }, async () => {
      for (let at = next++; at < times; at = next++) await work(at);
    }),
  );
}

const at = (values: number[], share: number) =>
  (values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0).toFixed(1);
printTable(
  'A control plane and two environments, three PostgreSQL servers',
  ['measure', 'result', 'bound'],
  [
    [`a key made is usable on every node, ms, median of ${TIMED_TRIALS}`, at(createdMs, 0.5), ''],
    ['the same, p99', at(createdMs, 0.99), `${BOUND_MS}`],
    ['a key revoked is refused on every node (complete receipt), ms, median', at(revokedMs, 0.5), ''],
    ['the same, p99', at(revokedMs, 0.99), `${BOUND_MS}`],
    [
      `refused on every idle node ${BOUND_MS} ms after a revocation that nobody waited for, of ${TIMED_TRIALS}`,
      `${silentlyRefused}`,
      'all',
    ],
    [`keys revoked while nodes are paused or die and links are cut`, `${count.trials}`, ''],
    ['of them with a complete receipt within 5 s', `${count.complete}`, ''],
    [`accepted after a complete receipt, of ${count.requests} requests`, `${count.accepted}`, '0'],
  ],
);
await installation.close();
await under.network.close();
