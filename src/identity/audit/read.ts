import type { Sql } from '../../db/database.ts';
import type { AuditRow } from './event.ts';

export interface AuditQuery {
  /** Only entries of this workspace. */
  readonly workspaceId?: string;
  /** Only entries with a smaller number. */
  readonly before?: number;
  readonly limit: number;
}

/** Entries of the audit log, newest first. */
export async function readAudit(sql: Sql, { workspaceId, before, limit }: AuditQuery): Promise<AuditRow[]> {
  let query = sql.selectFrom('audit_events').selectAll().orderBy('sequence', 'desc').limit(limit);
  if (workspaceId !== undefined) query = query.where('workspace_id', '=', workspaceId);
  if (before !== undefined) query = query.where('sequence', '<', before);
  return query.execute();
}
