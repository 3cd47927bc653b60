import type { AuditEntry } from './event.ts';
import type { RefusalReason } from './explain.ts';

/** The key that was presented, when it is known. */
export type RefusedKey = { readonly keyId: string; readonly workspaceId: string } | undefined;

/** Refusals of one key, or of all unknown ones, for one reason. */
export interface Tally {
  readonly key: RefusedKey;
  readonly reason: RefusalReason | 'various';
  readonly addresses: Set<string>;
  count: number;
  /** Of those, how many were kept for `explain`. */
  kept: number;
}

export type Tallies = Map<string, Tally>;

/** What is beyond this is counted together, so that no flood fills the memory or the audit log. */
const MAX_TALLIES = 200;
const MAX_ADDRESSES = 1_000;

/** The tally to count on; a new one when there is room, else the one of all others. */
export function tallyOf(tallies: Tallies, key: RefusedKey, reason: Tally['reason']): Tally {
  const name = `${key?.keyId ?? 'unknown'} ${reason}`;
  const known = tallies.get(name);
  if (known) return known;
  if (tallies.size >= MAX_TALLIES && reason !== 'various') return tallyOf(tallies, undefined, 'various');
  const made: Tally = { key, reason, addresses: new Set(), count: 0, kept: 0 };
  tallies.set(name, made);
  return made;
}

export function countOn(tally: Tally, count: number, addresses: Iterable<string>): void {
  tally.count += count;
  for (const address of addresses) {
    if (tally.addresses.size < MAX_ADDRESSES) tally.addresses.add(address);
  }
}

export function addAll(into: Tallies, from: Tallies): void {
  for (const { key, reason, count, addresses } of from.values()) {
    countOn(tallyOf(into, key, reason), count, addresses);
  }
}

/** The number of addresses stops at a thousand. */
export const entryOf = ({ reason, key, count, addresses }: Tally): AuditEntry => ({
  action: 'requests.refused',
  target: key?.keyId ?? 'unknown',
  ...(key && { workspaceId: key.workspaceId }),
  details: { reason, count, addresses: addresses.size },
});
