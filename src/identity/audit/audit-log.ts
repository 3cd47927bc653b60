import type { Sql } from '../../db/database.ts';
import type { Pepper } from '../secrets/pepper.ts';
import { type Explanation, explainRequest } from './explain.ts';
import { type AuditQuery, type NamedAuditRow, readAudit } from './read.ts';
import type { Refusals } from './refusals.ts';
import { type AuditVerification, type ChainPoint, verifyAudit } from './verify.ts';

/** What was done, whether the log of it is sound, and why a request was refused. */
export interface AuditLog {
  /** Entries, newest first. */
  read(query: AuditQuery): Promise<NamedAuditRow[]>;
  verify(of?: { origin?: string; expected?: ChainPoint }): Promise<AuditVerification>;
  /** For the workspace of the key that was presented; for any request when none is named. Throws `not_found`. */
  explain(requestId: string, workspaceId?: string): Promise<Explanation>;
}

interface Deps {
  readonly sql: Sql;
  readonly pepper: Pepper;
  readonly refusals: Refusals;
}

export const createAuditLog = ({ sql, pepper, refusals }: Deps): AuditLog => ({
  read: (query) => readAudit(sql, query),
  verify: (of) => verifyAudit(sql, pepper, of),
  async explain(requestId, workspaceId) {
    // Who asks at once asks before the next turn of writing.
    await refusals.flush();
    return explainRequest(sql, requestId, workspaceId);
  },
});
