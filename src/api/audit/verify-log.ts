import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { AuditLog } from '../../identity/audit/audit-log.ts';
import { answers } from '../responses.ts';
import { auditedEnvironment } from './list-entries.ts';

const Query = Type.Object({
  environment: auditedEnvironment,
  expect: Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,15}:[0-9a-f]{64}$',
      description: '`sequence:hash` of an entry noted earlier, which the log must still hold.',
    }),
  ),
});

const Verification = Type.Object({
  ok: Type.Boolean(),
  sequence: Type.Integer({ description: 'The log is sound up to this entry: its end, when `ok`.' }),
  hash: Type.String({ description: 'Hash of that entry, hexadecimal.' }),
  fault: Type.Optional(
    Type.Object({
      sequence: Type.Integer(),
      kind: Type.Enum(['altered', 'missing', 'reordered', 'truncated', 'rolled_back']),
      detail: Type.String(),
    }),
  ),
});

export const verifyLog = ({ audit }: { audit: AuditLog }) => ({
  schema: {
    summary: 'Check the whole audit log, and name the first entry that was altered, removed or moved',
    querystring: Query,
    response: answers({ 200: Verification }, 'not_found'),
  },
  handler(request: FastifyRequest) {
    const { environment, expect } = request.query as Static<typeof Query>;
    const [sequence, hash] = expect?.split(':') ?? [];
    return audit.verify({
      ...(environment !== undefined && { origin: environment }),
      ...(hash !== undefined && { expected: { sequence: Number(sequence), hash } }),
    });
  },
});
