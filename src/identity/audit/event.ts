import type { Selectable } from 'kysely';
import type { Tables } from '../../db/tables.ts';

/** Who did something: a credential's id (never the credential), a machine, or Parley itself. */
export interface Actor {
  readonly kind:
    | 'api-key'
    | 'temporary-key'
    | 'management-token'
    | 'operator-token'
    | 'account'
    | 'github'
    /** Somebody at a machine that has the database and the pepper; `id` is its host name. */
    | 'machine'
    | 'system';
  readonly id: string;
  /** Where the request came from, when it was one. */
  readonly requestId?: string;
  readonly address?: string;
}

export const SYSTEM: Actor = { kind: 'system', id: 'parley' };

/** Every kind of entry of the audit log. */
export const AUDIT_ACTIONS = [
  'installation.bootstrapped',
  'workspace.created',
  'workspace.changed',
  'project.created',
  'project.changed',
  'project.deleted',
  'client_ref.erased',
  'client_ref.ended',
  'api_key.created',
  'api_key.imported',
  'api_key.rotated',
  'api_key.revoked',
  'management_token.created',
  'management_token.revoked',
  'operator_token.created',
  'operator_token.revoked',
  'account.deleted',
  'account.password_changed',
  'account.reset_allowed',
  'member.joined',
  'member.changed',
  'member.removed',
  'invitation.created',
  'invitation.revoked',
  'signing_key.rotated',
  'signing_key.revoked',
  'requests.refused',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What was done to what. `details` never hold a secret or an end user's data. */
export interface AuditEntry {
  readonly action: AuditAction;
  /** Id of the thing: a key, a project, a workspace. */
  readonly target: string;
  readonly workspaceId?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export type AuditRow = Selectable<Tables['audit_events']>;

/** Where entries are written but for those of an environment with a database of its own, which bear its name. */
export const CONTROL_ORIGIN = 'control';

/**
 * The text a row's hash covers, after the hash of the row before it. Control characters cannot forge a second line or
 * colour a terminal: JSON escapes them.
 */
export const textOf = (row: Omit<AuditRow, 'hash'>): string =>
  JSON.stringify([
    row.sequence,
    row.at.toISOString(),
    row.actor_kind,
    row.actor_id,
    row.workspace_id,
    row.action,
    row.target,
    row.request_id,
    row.address,
    row.details,
    ...(row.origin === CONTROL_ORIGIN ? [] : [row.origin]),
  ]);
