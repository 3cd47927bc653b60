/**
 * What it costs, in process, to turn a credential into a principal: a known API key among 100,000, a temporary key
 * seen for the first time, one seen before, and junk. Medians and 99th percentiles in microseconds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/base/clock.ts';
import type { Sql } from '../src/db/database.ts';
import { openEmbedded } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { createKeyCache } from '../src/identity/api-keys/key-cache.ts';
import { createChange } from '../src/identity/audit/change.ts';
import { createAuthenticate } from '../src/identity/authenticate.ts';
import type { ProjectPrincipal } from '../src/identity/principal.ts';
import { createPepper } from '../src/identity/secrets/pepper.ts';
import { createSecret, sha256Of } from '../src/identity/secrets/secret.ts';
import { createSigningKeys } from '../src/identity/temporary-keys/signing-key.ts';
import { createTemporaryKeys } from '../src/identity/temporary-keys/temporary-key.ts';
import { printTable } from './table.ts';

const KEYS = 100_000;
const ROUNDS = 20_000;
const TOKENS = 2_000;

const directory = await mkdtemp(join(tmpdir(), 'parley-bench-'));
const database = await openEmbedded(join(directory, 'db'));
await migrate(database.sql);
const pepper = createPepper([Buffer.alloc(32, 7)]);
const secrets = Array.from({ length: KEYS }, () => createSecret('api-key'));
await insertKeys(database.sql);

const clock = systemClock;
const keyCache = await createKeyCache(database, KEYS);
const signingKeys = await createSigningKeys({
  database,
  pepper,
  change: createChange(database.sql, pepper),
  clock,
  options: { algorithm: 'RS256', maxTtlSeconds: 3_600 },
});
const temporaryKeys = createTemporaryKeys({
  signingKeys,
  clock,
  options: { issuer: 'bench', enforceRegion: true, supportContact: 'nobody' },
});
const authenticate = createAuthenticate({ sql: database.sql, pepper, keyCache, temporaryKeys, clock });

for (const secret of secrets) await expectAccepted(secret);
const minter = await principalOf(secrets[0] ?? '');
const tokens: string[] = [];
for (let index = 0; index < TOKENS; index += 1) {
  tokens.push(
    await temporaryKeys.mint(minter, { type: 'batch', ttlSeconds: 600, clientRef: `user${index}` }),
  );
}
const junk = secrets.map((secret) => `${secret.slice(0, -1)}${secret.endsWith('0') ? '1' : '0'}`);

printTable(
  'Authentication in process, µs',
  ['case', 'median', 'p99'],
  [
    await measure(`known API key, ${KEYS} keys held`, secrets, ROUNDS, expectAccepted),
    await measure('temporary key, cold', tokens, TOKENS, expectAccepted),
    await measure('temporary key, remembered', tokens, ROUNDS, expectAccepted),
    await measure('junk: wrong checksum', junk, ROUNDS, expectRefused),
  ],
);
await database.close();
await rm(directory, { recursive: true });

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
  for (let start = 0; start < KEYS; start += 1_000) {
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
}

async function principalOf(secret: string): Promise<ProjectPrincipal> {
  const result = await authenticate(secret);
  if (!('principal' in result) || result.principal.kind !== 'api-key') throw new Error('the key was refused');
  return result.principal;
}

async function expectAccepted(credential: string): Promise<void> {
  const result = authenticate(credential);
  if (!('principal' in (result instanceof Promise ? await result : result))) throw new Error('refused');
}

async function expectRefused(credential: string): Promise<void> {
  const result = authenticate(credential);
  if ('principal' in (result instanceof Promise ? await result : result)) throw new Error('accepted');
}

/** Credentials are taken in a scattered order, as requests would. */
async function measure(
  name: string,
  credentials: readonly string[],
  rounds: number,
  attempt: (credential: string) => Promise<void>,
): Promise<string[]> {
  const samples = new Float64Array(rounds);
  for (let round = 0; round < rounds; round += 1) {
    const credential = credentials[(round * 7_919) % credentials.length] ?? '';
    const started = process.hrtime.bigint();
    await attempt(credential);
    samples[round] = Number(process.hrtime.bigint() - started) / 1_000;
  }
  samples.sort();
  const at = (share: number) => (samples[Math.floor(rounds * share)] ?? 0).toFixed(1);
  return [name, at(0.5), at(0.99)];
}
