import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import { type AuditRow, CONTROL_ORIGIN } from './event.ts';

export interface AuditQuery {
  /** The environment whose own log it is; without it, the log of the control plane. */
  readonly origin?: string;
  /** Only entries of this workspace. */
  readonly workspaceId?: string;
  /** Only entries with a smaller number. */
  readonly before?: number;
  /** Only entries of this kind. */
  readonly action?: string;
  /** Only entries in whose actor, target, request or details this text occurs. */
  readonly search?: string;
  readonly limit: number;
}

/** An entry with the name its actor has now; null for one that is gone, or has none. */
export type NamedAuditRow = AuditRow & { readonly actor_name: string | null };

/** Entries of the audit log, newest first. */
export async function readAudit(sql: Sql, { limit, ...query }: AuditQuery): Promise<NamedAuditRow[]> {
  const { origin = CONTROL_ORIGIN, workspaceId, before, action, search } = query;
  let found = sql
    .selectFrom('audit_events as e')
    .selectAll('e')
    .where('origin', '=', origin)
    .orderBy('sequence', 'desc')
    .limit(limit);
  if (workspaceId !== undefined) found = found.where('workspace_id', '=', workspaceId);
  if (before !== undefined) found = found.where('sequence', '<', before);
  if (action !== undefined) found = found.where('action', '=', action);
  if (search !== undefined) {
    found = found.where(
      raw<boolean>`position(lower(${search}) in lower(concat_ws(' ', actor_id, target, request_id, details::text, (${nameOfActor})))) > 0`,
    );
  }
  return found.select(nameOfActor.as('actor_name')).execute();
}

const nameOfActor = raw<string | null>`coalesce(
  (select email from accounts a where a.id = e.actor_id),
  (select name from api_keys k where k.api_key_id = e.actor_id),
  (select name from admin_tokens t where t.admin_token_id = e.actor_id))`;
