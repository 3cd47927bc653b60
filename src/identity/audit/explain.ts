import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Refusal } from '../temporary-keys/temporary-key.ts';

/** Why the guards did not let a request pass. */
export type RefusalReason =
  | Refusal
  | 'missing'
  | 'wrong_kind'
  | 'not_permitted'
  | 'wrong_region'
  | 'wrong_customer_type'
  | 'served_elsewhere'
  | 'outside_limits'
  | 'rate_limited'
  | 'too_many_refused';

/** A refusal as its owner is told of it. */
export interface Explanation {
  readonly requestId: string;
  readonly at: Date;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly reason: string;
  /** The reason as a sentence. */
  readonly explanation: string;
  readonly apiKeyId: string | null;
  readonly address: string;
}

/** Whether a reason is one that `explain` has a sentence for. */
export const isRefusalReason = (reason: string | undefined): reason is RefusalReason =>
  reason !== undefined && Object.hasOwn(SENTENCES, reason);

const SENTENCES: Readonly<Record<RefusalReason, string>> = {
  missing: 'The request carried no credential that can be read: one header `Authorization: Bearer <key>`.',
  malformed:
    'The credential has the shape of no key or token; it may have been cut, or belong to another service.',
  unknown: 'Nobody here knows the credential: it was never issued here, or no longer exists.',
  bad_signature: 'The temporary key was altered: its signature does not fit.',
  bad_claims: 'The temporary key is signed, but what it says does not hold here.',
  expired: 'The key had expired.',
  not_yet_valid: 'The temporary key says it was issued later than now: a clock is wrong.',
  revoked: 'The key was revoked, or its project or its end user’s keys were ended.',
  wrong_kind: 'The credential is genuine, but of a kind that opens nothing on this path.',
  not_permitted: 'The credential is genuine, but lacks the permission or the product this path needs.',
  wrong_region: 'The key is not valid in the region of the endpoint that was called.',
  wrong_customer_type: 'The endpoint is not open to the customer type of the key’s workspace.',
  served_elsewhere:
    'The address belongs to an environment with nodes of its own, but leads to others: a proxy or a name is set up wrong.',
  outside_limits: 'The request is outside the limits that the temporary key was minted with.',
  rate_limited: 'The key had used up its rate of requests.',
  too_many_refused:
    'The address had sent too many credentials that are not accepted, and was told to wait; this one is not accepted either.',
};

/** The reason as a sentence. */
export const sentenceOf = (reason: RefusalReason): string => SENTENCES[reason];

export const REFUSAL_REASONS: readonly string[] = Object.keys(SENTENCES);

const REQUEST_ID = /^[0-9a-f]{32}$/;

/**
 * Why a request was refused, to whom it concerns: the workspace of the key that was presented, or the operator, who
 * names none. Throws `not_found` for everything else, also for what was not kept (`refusals.ts`).
 */
export async function explainRequest(
  sql: Sql,
  requestId: string,
  workspaceId?: string,
): Promise<Explanation> {
  let query = sql.selectFrom('refusals').selectAll().where('request_id', '=', requestId);
  if (workspaceId !== undefined) query = query.where('workspace_id', '=', workspaceId);
  // Text that cannot be an id is not looked for: PostgreSQL fails on a NUL.
  const row = REQUEST_ID.test(requestId) ? await query.executeTakeFirst() : undefined;
  if (!row) throw new AppError('not_found', { detail: 'no refusal of this request is known' });
  return {
    requestId: row.request_id,
    at: row.at,
    method: row.method,
    route: row.route,
    status: row.status,
    reason: row.reason,
    explanation: SENTENCES[row.reason as RefusalReason],
    apiKeyId: row.api_key_id,
    address: row.address,
  };
}
