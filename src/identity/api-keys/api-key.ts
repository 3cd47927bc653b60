import type { Sql } from '../../db/database.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { createApiKey, importApiKey, type NewApiKey } from './create.ts';
import { type ApiKey, findApiKey, listApiKeys } from './find.ts';
import { revokeApiKey } from './revoke.ts';
import { type Rotation, rotateApiKey } from './rotate.ts';

/** A key just made. The secret is returned here and can never be read again. */
export interface CreatedApiKey {
  readonly apiKeyId: string;
  readonly secret: string;
}

/** The life of API keys. Keys of another workspace are as unknown as none: `not_found`. */
export interface ApiKeys {
  create(actor: Actor, input: NewApiKey): Promise<CreatedApiKey>;
  /** Takes over a key that clients already hold. Throws `conflict` when it is known here. */
  import(actor: Actor, input: NewApiKey & { sha256: string }): Promise<{ apiKeyId: string }>;
  list(workspaceId: string, projectId?: number): Promise<ApiKey[]>;
  find(workspaceId: string, apiKeyId: string): Promise<ApiKey>;
  /** Makes a successor with the same properties; the old key ends after the grace. */
  rotate(actor: Actor, rotation: Rotation): Promise<CreatedApiKey>;
  /** Ends a key and the temporary keys it minted; returns the version that nodes must have applied. */
  revoke(actor: Actor, workspaceId: string, apiKeyId: string): Promise<{ version: number }>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly change: Change;
}

export const createApiKeys = ({ sql, pepper, change }: Deps): ApiKeys => ({
  create: async (actor, input) =>
    (await change(actor, (tx, record) => createApiKey(tx, record, pepper, input))).value,
  import: async (actor, input) =>
    (await change(actor, (tx, record) => importApiKey(tx, record, pepper, input))).value,
  list: (workspaceId, projectId) => listApiKeys(sql, workspaceId, projectId),
  find: (workspaceId, apiKeyId) => findApiKey(sql, workspaceId, apiKeyId),
  rotate: async (actor, rotation) =>
    (await change(actor, (tx, record) => rotateApiKey(tx, record, pepper, rotation))).value,
  revoke: (actor, workspaceId, apiKeyId) =>
    change(actor, (tx, record) => revokeApiKey(tx, record, { workspaceId, apiKeyId })),
});

export type { ApiKey, NewApiKey };
