import type { Sql } from '../../db/database.ts';
import type { Change, Record } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { kindOfSecret, mayBeForeignKey, sha256Of } from '../secrets/secret.ts';

/** Text that was found in public. */
export interface Leak {
  readonly token: string;
  /** Where it was found. */
  readonly url: string;
}

/** What becomes of secrets that are no longer secret. */
export interface Leaks {
  /**
   * Ends every API key, management token and operator token among them. Returns which tokens are ours, whether ended
   * now or before: to report them again changes nothing, not even the answer.
   */
  revoke(actor: Actor, leaks: readonly Leak[]): Promise<ReadonlySet<string>>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
}

/** Tokens per look-up and per change: nobody else can change keys while one of them runs. */
const BATCH = 200;
const MAX_URL_LENGTH = 2_000;

export const createLeaks = ({ sql, pepper, change }: Deps): Leaks => ({
  async revoke(actor, leaks) {
    // One that was found in several places is ended once.
    const urls = new Map(leaks.map(({ token, url }) => [token, url.slice(0, MAX_URL_LENGTH)]));
    const candidates = [...urls.keys()].filter((token) => kindOfSecret(token) || mayBeForeignKey(token));
    const ours = new Set<string>();
    for (let start = 0; start < candidates.length; start += BATCH) {
      const found = await findSecrets(sql, pepper, candidates.slice(start, start + BATCH));
      for (const { token } of found) ours.add(token);
      const live = found.filter(({ revoked }) => !revoked);
      if (live.length === 0) continue;
      await change(actor, async (tx, record) => {
        await revokeApiKeys(tx, record, pick(live, 'api_keys', urls));
        await revokeAdminTokens(tx, record, pick(live, 'admin_tokens', urls));
      });
    }
    return ours;
  },
});

interface Secret {
  readonly token: string;
  readonly table: 'api_keys' | 'admin_tokens';
  readonly id: string;
  readonly revoked: boolean;
}

async function findSecrets(sql: Sql, pepper: Pepper, tokens: readonly string[]): Promise<Secret[]> {
  const tokenOf = new Map(
    tokens.flatMap((token) =>
      pepper.digests(sha256Of(token)).map((digest) => [digest.toString('hex'), token] as const),
    ),
  );
  const digests = [...tokenOf.keys()].map((digest) => Buffer.from(digest, 'hex'));
  const keys = await sql
    .selectFrom('api_keys')
    .select(['digest', 'api_key_id as id', 'revoked_at'])
    .where('digest', 'in', digests)
    .execute();
  const admin = await sql
    .selectFrom('admin_tokens')
    .select(['digest', 'admin_token_id as id', 'revoked_at'])
    .where('digest', 'in', digests)
    .execute();
  const secretOf = (table: Secret['table']) => (row: (typeof keys)[number]) => ({
    token: tokenOf.get(Buffer.from(row.digest).toString('hex')) ?? '',
    table,
    id: row.id,
    revoked: row.revoked_at !== null,
  });
  return [...keys.map(secretOf('api_keys')), ...admin.map(secretOf('admin_tokens'))];
}

/** URLs by the id of what was found there. */
type UrlOfId = ReadonlyMap<string, string | undefined>;

const pick = (
  secrets: readonly Secret[],
  table: Secret['table'],
  urls: ReadonlyMap<string, string>,
): UrlOfId =>
  new Map(secrets.filter((one) => one.table === table).map(({ id, token }) => [id, urls.get(token)]));

async function revokeApiKeys(tx: Sql, record: Record, leaked: UrlOfId): Promise<void> {
  if (leaked.size === 0) return;
  const rows = await tx
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('api_key_id', 'in', [...leaked.keys()])
    .where('revoked_at', 'is', null)
    .returning(['api_key_id', 'workspace_id'])
    .execute();
  for (const { api_key_id: target, workspace_id: workspaceId } of rows) {
    const details = { reason: 'leaked', url: leaked.get(target) };
    await record({ action: 'api_key.revoked', target, workspaceId, details });
  }
}

async function revokeAdminTokens(tx: Sql, record: Record, leaked: UrlOfId): Promise<void> {
  if (leaked.size === 0) return;
  const rows = await tx
    .updateTable('admin_tokens')
    .set({ revoked_at: new Date() })
    .where('admin_token_id', 'in', [...leaked.keys()])
    .where('revoked_at', 'is', null)
    .returning(['admin_token_id', 'workspace_id', 'kind'])
    .execute();
  for (const { admin_token_id: target, workspace_id: workspaceId, kind } of rows) {
    const details = { reason: 'leaked', url: leaked.get(target), kind };
    await record({
      action: `${kind}_token.revoked`,
      target,
      ...(workspaceId !== null && { workspaceId }),
      details,
    });
  }
}
