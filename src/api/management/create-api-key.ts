import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { mayBeForeignKey, sha256Of } from '../../identity/secrets/secret.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { printable } from '../text.ts';

export const instant = (description: string) => Type.String({ format: 'date-time', description });

/** Members of the body that make an API key, for a management token. */
export const apiKeyMembers = {
  project_id: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Project of an API key.' }),
  ),
  name: Type.Optional(printable(120, 'Name of an API key.')),
  expires_at: Type.Optional(instant('When an API key ends, RFC 3339. Default: never.')),
  keep_serving_hours: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 168,
      description:
        'How long an API key may be served from memory when the database cannot be reached. Default 0: not at all.',
    }),
  ),
  key_value: Type.Optional(
    Type.String({
      maxLength: 128,
      description: 'Takes over this key of another system: 16 to 128 letters, digits, `-` and `_`.',
    }),
  ),
  key_sha256: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'Takes over a key of another system by the SHA-256 of its value, hexadecimal.',
    }),
  ),
};

const Members = Type.Object(apiKeyMembers);
export type ApiKeyInput = Static<typeof Members> & { readonly client_ref?: string };

/** Creates an API key, or takes one over; a value that was brought along is not shown again. */
export async function createApiKey(
  { apiKeys }: { readonly apiKeys: ApiKeys },
  request: FastifyRequest,
  input: ApiKeyInput,
): Promise<{ key_value?: string; apikey_id: string }> {
  if (input.project_id === undefined) throw required('project_id');
  if (input.name === undefined) throw required('name');
  const expiresAt = input.expires_at === undefined ? undefined : futureInstant(input.expires_at);
  const key = {
    workspaceId: workspaceId(request),
    projectId: input.project_id,
    name: input.name,
    ...(input.client_ref !== undefined && { clientRef: input.client_ref }),
    ...(expiresAt && { expiresAt }),
    ...(input.keep_serving_hours !== undefined && { keepServingHours: input.keep_serving_hours }),
  };
  const sha256 = importedSha256(input);
  if (sha256 === undefined) {
    const { apiKeyId, secret } = await apiKeys.create(actorOf(request), key);
    return { key_value: secret, apikey_id: apiKeyId };
  }
  const { apiKeyId } = await apiKeys.import(actorOf(request), { ...key, sha256 });
  return { apikey_id: apiKeyId };
}

function importedSha256({ key_value, key_sha256 }: ApiKeyInput): string | undefined {
  if (key_value === undefined) return key_sha256;
  if (key_sha256 !== undefined) {
    throw new AppError('unprocessable', { detail: 'key_value and key_sha256 in body exclude each other' });
  }
  if (!mayBeForeignKey(key_value)) {
    throw new AppError('unprocessable', {
      detail: "key_value in body should match '^[0-9A-Za-z_-]{16,128}$'",
      wireCode: 605,
    });
  }
  return sha256Of(key_value);
}

/** Throws `unprocessable` for an `expires_at` that has passed. */
export function futureInstant(text: string): Date {
  const date = new Date(text);
  if (!(date.getTime() > Date.now()) || date.getUTCFullYear() > 9_999) {
    throw new AppError('unprocessable', { detail: 'expires_at in body should be in the future' });
  }
  return date;
}

export const required = (name: string): AppError =>
  new AppError('unprocessable', { detail: `${name} in body is required`, wireCode: 602 });
