/**
 * What it costs, in process, to turn a credential into a principal: an API key held in memory, with 1,000,000 in the
 * database; a temporary key seen for the first time, one seen before; junk. Medians and 99th percentiles in
 * microseconds. And the memory that a full cache takes.
 */
import { sql as raw } from 'kysely';
import { pino } from 'pino';
import { systemClock } from '../src/base/clock.ts';
import type { Sql } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { openServer } from '../src/db/server.ts';
import { createKeyCache } from '../src/identity/api-keys/key-cache.ts';
import { createChange } from '../src/identity/audit/change.ts';
import { type Authentication, createAuthenticate } from '../src/identity/authenticate.ts';
import { startNode } from '../src/identity/nodes/node.ts';
import { NODE_ROLES } from '../src/identity/nodes/roles.ts';
import type { ProjectPrincipal } from '../src/identity/principal.ts';
import { createPepper } from '../src/identity/secrets/pepper.ts';
import { createSecret, sha256Of } from '../src/identity/secrets/secret.ts';
import { createSigningKeys } from '../src/identity/temporary-keys/signing-key.ts';
import { createTemporaryKeys } from '../src/identity/temporary-keys/temporary-key.ts';
import { createTopology } from '../src/regions/topology.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { collectGarbage } from './collect-garbage.ts';
import { printTable } from './table.ts';

const KEYS = 1_000_000;
/** As many as the cache holds by default. */
const HELD = 100_000;
const ROUNDS = 90_000;
const TOKENS = 2_000;
/** Calls before those that are measured, so that the code is compiled as in a server that has run for a second. */
const WARM_UP = 1_000;

const cluster = await startPostgres();
const database = await openServer(cluster.url, pino({ level: 'silent' }));
await migrate(database.sql);
const pepper = createPepper([Buffer.alloc(32, 7)]);
const secrets = Array.from({ length: HELD }, () => asReceived(createSecret('api-key')));
await insertKeys(database.sql);

const clock = systemClock;
const node = await startNode(database, { environments: ['EU1'], roles: NODE_ROLES, leaseMs: 5_000 });
const { sql } = database;
const keyCache = createKeyCache({ sql, pepper, node, maxKeys: HELD });
const signingKeys = await createSigningKeys({
  sql,
  pepper,
  change: createChange(database.sql, pepper),
  clock,
  options: { algorithm: 'RS256', maxTtlSeconds: 3_600, regions: ['eu'], makesFirst: true },
  node,
});
const temporaryKeys = createTemporaryKeys({
  signingKeys,
  topology: createTopology('bench'),
  clock,
  options: { issuer: 'bench', enforceRegion: true, supportContact: 'nobody' },
});
const authenticate = createAuthenticate({ sql, pepper, node, keyCache, temporaryKeys, clock });

const emptyMb = usedMb();
for (const secret of secrets) await expectAccepted(secret);
const fullMb = usedMb();
const minter = await principalOf(secrets[0] ?? '');
const tokens: string[] = [];
for (let index = 0; index < TOKENS + WARM_UP; index += 1) {
  const request = { type: 'batch', ttlSeconds: 600, clientRef: `user${index}` } as const;
  tokens.push(asReceived(await temporaryKeys.mint(minter, request)));
}
const junk = secrets.map((secret) => asReceived(`${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`));

printTable(
  'Authentication in process, µs',
  ['case', 'median', 'p99'],
  [
    await measure(`API key, ${HELD} held of ${KEYS}`, secrets, ROUNDS, true),
    await measure('temporary key, cold', tokens, TOKENS, true),
    await measure('temporary key, remembered', tokens, ROUNDS, true),
    await measure('junk: wrong checksum', junk, ROUNDS, false),
  ],
);
printTable(
  'Memory of the key cache',
  ['keys in the database', 'keys held', 'MB more than with none', 'bound'],
  [[String(KEYS), String(HELD), (fullMb - emptyMb).toFixed(0), '64']],
);
await node.stop();
await database.close();
await cluster.stop();

/** What is in use after a collection. */
function usedMb(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

async function insertKeys(sql: Sql): Promise<void> {
  await sql
    .insertInto('workspaces')
    .values({
      workspace_id: 'ws_bench',
      name: 'bench',
      customer_type: 'on-demand',
      regions: ['eu'],
      temporary_keys_enabled: true,
    })
    .execute();
  await sql
    .insertInto('projects')
    .values({
      workspace_id: 'ws_bench',
      name: 'bench',
      description: null,
      is_default: true,
      regions: ['eu'],
      deleted_at: null,
    })
    .execute();
  // Nobody listens yet, and nobody needs a million numbers.
  await raw`alter table api_keys disable trigger user`.execute(sql);
  await raw`insert into api_keys (api_key_id, digest, workspace_id, project_id, name, regions)
    select 'key_other' || n, sha256(n::text::bytea), 'ws_bench', 1, 'bench', '{eu}'
    from generate_series(1, ${KEYS - HELD}) n`.execute(sql);
  for (let start = 0; start < HELD; start += 1_000) {
    const rows = secrets.slice(start, start + 1_000).map((secret, index) => ({
      api_key_id: `key_${start + index}`,
      digest: pepper.digest(sha256Of(secret)),
      workspace_id: 'ws_bench',
      project_id: 1,
      name: 'bench',
      client_ref: null,
      regions: ['eu'],
      expires_at: null,
      revoked_at: null,
    }));
    await sql.insertInto('api_keys').values(rows).execute();
  }
  await raw`alter table api_keys enable trigger user`.execute(sql);
}

async function principalOf(secret: string): Promise<ProjectPrincipal> {
  const result = await authenticate(secret);
  if (!('principal' in result) || result.principal.kind !== 'api-key') throw new Error('the key was refused');
  return result.principal;
}

function isAccepted(result: Authentication): boolean {
  return 'principal' in result;
}

async function expectAccepted(credential: string): Promise<void> {
  if (!isAccepted(await authenticate(credential))) throw new Error('refused');
}

/** In one piece, like text out of a request; the engine would join it from its parts at the first look. */
function asReceived(text: string): string {
  return Buffer.from(text).toString('latin1');
}

/** Credentials are taken in a scattered order, as requests would. The first ones only warm the code up. */
async function measure(
  name: string,
  credentials: readonly string[],
  rounds: number,
  isGood: boolean,
): Promise<string[]> {
  const samples = new Float64Array(rounds);
  for (let round = -WARM_UP; round < rounds; round += 1) {
    const credential = credentials[((round + WARM_UP) * 7_919) % credentials.length] ?? '';
    const started = process.hrtime.bigint();
    const answer = authenticate(credential);
    const result = answer instanceof Promise ? await answer : answer;
    const tookMicros = Number(process.hrtime.bigint() - started) / 1_000;
    if (round >= 0) samples[round] = tookMicros;
    if (isAccepted(result) !== isGood) throw new Error(`${name}: ${JSON.stringify(result)}`);
  }
  samples.sort();
  const at = (share: number) => (samples[Math.floor(rounds * share)] ?? 0).toFixed(1);
  return [name, at(0.5), at(0.99)];
}
