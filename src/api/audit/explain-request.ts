import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { AuditLog } from '../../identity/audit/audit-log.ts';
import { workspaceId } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';

const Explained = Type.Object({
  request_id: Type.String(),
  at: isoMilliseconds,
  method: Type.String(),
  route: Type.String({ description: 'Pattern of the path, or `none` for a path that does not exist.' }),
  status: Type.Integer(),
  reason: Type.String({ description: 'One word, for programs.' }),
  explanation: Type.String({ description: 'The reason as a sentence.' }),
  apikey_id: Type.Optional(Type.String()),
  address: Type.String(),
});

interface Deps {
  readonly audit: AuditLog;
}

const route = (summary: string, { audit }: Deps, scope: (request: FastifyRequest) => string | undefined) => ({
  schema: {
    summary,
    params: Type.Object({ request_id: Type.String() }),
    response: answers({ 200: Explained }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    const { request_id } = request.params as { request_id: string };
    const found = await audit.explain(request_id, scope(request));
    return {
      request_id,
      at: found.at.toISOString(),
      method: found.method,
      route: found.route,
      status: found.status,
      reason: found.reason,
      explanation: found.explanation,
      ...(found.apiKeyId !== null && { apikey_id: found.apiKeyId }),
      address: found.address,
    };
  },
});

/** For requests made with a key of the caller's workspace. */
export const explainOwnRequest = (deps: Deps) =>
  route('Why a request with a key of this workspace was refused', deps, workspaceId);

export const explainRequest = (deps: Deps) => route('Why a request was refused', deps, () => undefined);
