import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { AuditLog } from '../../identity/audit/audit-log.ts';
import { AUDIT_ACTIONS } from '../../identity/audit/event.ts';
import type { NamedAuditRow } from '../../identity/audit/read.ts';
import { workspaceId } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';
import { printable } from '../text.ts';

export const auditedEnvironment = Type.Optional(
  Type.String({
    pattern: '^[A-Z]+[0-9]+([.][0-9]+)?$',
    description:
      'The log that an environment with a database of its own keeps, instead of that of the control plane: EU1, or EU1.2 of its second database.',
  }),
);

const page = {
  environment: auditedEnvironment,
  before: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Only entries with a smaller number: the next page.' }),
  ),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'Default 100.' })),
  action: Type.Optional(Type.Enum([...AUDIT_ACTIONS], { description: 'Only entries of this kind.' })),
  search: Type.Optional(
    printable(200, 'Only entries in whose actor, target, request id or details this text occurs.'),
  ),
};
const OwnQuery = Type.Object(page);
const AnyQuery = Type.Object({ ...page, workspace_id: Type.Optional(Type.String()) });

const Nullable = Type.Union([Type.String(), Type.Null()]);
const Entry = Type.Object({
  sequence: Type.Integer({ description: 'Entries are numbered from 1 without a gap.' }),
  at: isoMilliseconds,
  actor: Type.Object({
    kind: Type.String(),
    id: Type.String(),
    name: Type.Optional(Type.String({ description: 'The name it has now.' })),
  }),
  workspace_id: Nullable,
  action: Type.String(),
  target: Type.String({ description: 'Id of what was changed.' }),
  request_id: Nullable,
  address: Nullable,
  details: Type.Record(Type.String(), Type.Unknown()),
  hash: Type.String({ description: 'Hexadecimal; covers the entry and the hash of the one before it.' }),
});
const Entries = Type.Object({ entries: Type.Array(Entry) });

interface Deps {
  readonly audit: AuditLog;
}

/** Entries about the caller's workspace. */
export const listOwnEntries = ({ audit }: Deps) => ({
  schema: {
    summary: 'The audit log of the workspace, newest first',
    querystring: OwnQuery,
    response: answers({ 200: Entries }),
  },
  handler: (request: FastifyRequest) => list(audit, request, workspaceId(request)),
});

export const listEntries = ({ audit }: Deps) => ({
  schema: {
    summary: 'The audit log of the installation, newest first',
    querystring: AnyQuery,
    response: answers({ 200: Entries }),
  },
  handler: (request: FastifyRequest) =>
    list(audit, request, (request.query as Static<typeof AnyQuery>).workspace_id),
});

async function list(audit: AuditLog, request: FastifyRequest, workspace: string | undefined) {
  const { limit = 100, environment, before, action, search } = request.query as Static<typeof OwnQuery>;
  const rows = await audit.read({
    limit,
    ...(environment !== undefined && { origin: environment }),
    ...(before !== undefined && { before }),
    ...(action !== undefined && { action }),
    ...(search !== undefined && { search }),
    ...(workspace !== undefined && { workspaceId: workspace }),
  });
  return { entries: rows.map(entryOf) };
}

const entryOf = (row: NamedAuditRow) => ({
  sequence: row.sequence,
  at: row.at.toISOString(),
  actor: { kind: row.actor_kind, id: row.actor_id, ...(row.actor_name !== null && { name: row.actor_name }) },
  workspace_id: row.workspace_id,
  action: row.action,
  target: row.target,
  request_id: row.request_id,
  address: row.address,
  details: row.details,
  hash: Buffer.from(row.hash).toString('hex'),
});
