import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ApiKey } from '../../identity/api-keys/api-key.ts';
import { isoMilliseconds } from '../responses.ts';
import { knownId } from '../text.ts';

export const KeySchema = Type.Object({
  apikey_id: Type.String(),
  project_id: Type.Integer(),
  name: Type.String(),
  key_prefix: Type.Optional(
    Type.String({ description: 'The first characters of the key; absent for one taken over.' }),
  ),
  created_at: isoMilliseconds,
  client_ref: Type.Optional(Type.String()),
  expires_at: Type.Optional(isoMilliseconds),
  last_used_at: Type.Optional(isoMilliseconds),
  rotated_from: Type.Optional(Type.String({ description: 'The key this one replaces.' })),
  is_imported: Type.Boolean(),
  keep_serving_hours: Type.Integer(),
});

/** A key as the wire shows it: never its value; what is absent is left out. */
export const keyDetails = (key: ApiKey) => ({
  apikey_id: key.apiKeyId,
  project_id: key.projectId,
  name: key.name,
  ...(key.prefix !== null && { key_prefix: key.prefix }),
  created_at: key.createdAt.toISOString(),
  ...(key.clientRef !== null && { client_ref: key.clientRef }),
  ...(key.expiresAt !== null && { expires_at: key.expiresAt.toISOString() }),
  ...(key.lastUsedAt !== null && { last_used_at: key.lastUsedAt.toISOString() }),
  ...(key.rotatedFrom !== null && { rotated_from: key.rotatedFrom }),
  is_imported: key.isImported,
  keep_serving_hours: key.keepServingHours,
});

export const KeyParams = Type.Object({ apikey_id: Type.String() });

/** The key named by the path. */
export const apiKeyId = (request: FastifyRequest): string =>
  knownId('key', (request.params as { apikey_id: string }).apikey_id, 'API key');
