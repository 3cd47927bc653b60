import { hostname } from 'node:os';
import { createLogger } from '../../base/log.ts';
import { type Config, ConfigError } from '../../config/load.ts';
import type { Sql } from '../../db/database.ts';
import { createChange } from '../../identity/audit/change.ts';
import type { Pepper } from '../../identity/secrets/pepper.ts';
import { selectSigningKeys } from '../../identity/temporary-keys/signing-key-rows.ts';
import { createOperatorTokens } from '../../identity/workspaces/operator-token.ts';
import { readPlace } from '../../replication/place.ts';
import { withClosers } from '../closers.ts';
import { openDatabase } from '../open-database.ts';
import { openExistingPepper } from '../open-identity.ts';

/** What a name is over the API too: up to 120 characters, none of them a control character or half of one. */
const NAME = /^[^\p{Cc}\p{Cs}]{1,120}$/u;

/**
 * Makes an operator token with the database and the pepper alone, for an installation that has lost all of its own.
 * Whoever has both could do anything anyway; the audit log says on which machine it was done.
 */
export async function recoverOperatorToken(
  config: Config,
  name: string,
): Promise<{ tokenId: string; secret: string }> {
  if (!NAME.test(name)) throw new Error('--name must have 1 to 120 printable characters');
  return withClosers(async (closers) => {
    const pepper = await openExistingPepper(config);
    const { sql } = await openDatabase(config, createLogger('fatal'), closers);
    await requireInstallation(sql, pepper);
    const operatorTokens = createOperatorTokens({ sql, pepper, change: createChange(sql, pepper) });
    return operatorTokens.create({ kind: 'machine', id: hostname() }, name);
  });
}

/** The nodes would not know what is made elsewhere, and with another pepper the audit log would be broken too. */
async function requireInstallation(sql: Sql, pepper: Pepper): Promise<void> {
  const { environment } = await readPlace(sql);
  if (environment !== undefined) {
    throw new ConfigError(
      `PARLEY_DATABASE_URL must name the control database: this is the database of ${environment}, which has no operator tokens`,
    );
  }
  // Unseals the key that signs, which throws when the pepper is another.
  const signing = await selectSigningKeys(sql, pepper, Date.now());
  if (signing.length > 0) return;
  throw new ConfigError(
    'PARLEY_DATABASE_URL or PARLEY_DATA_DIR leads to a database without an installation, whose first start makes the first operator token',
  );
}
