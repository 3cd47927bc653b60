/**
 * What the control database sends to environments: rows of their region where it has a filter. Nothing of it is
 * written in an environment.
 */
export const FOLLOWED = [
  { table: 'workspaces', isOfRegion: true },
  { table: 'projects', isOfRegion: true },
  { table: 'api_keys', isOfRegion: true },
  { table: 'client_ref_cutoffs', isOfRegion: true },
  { table: 'erasures', isOfRegion: true },
  // Public keys only: the private ones are in a table that is not sent.
  { table: 'signing_keys', isOfRegion: false },
  { table: 'identity_head', isOfRegion: false },
  { table: 'control_heartbeat', isOfRegion: false },
] as const;

/**
 * What an environment reports, with the column that names it or, where rows of an earlier database of it stay, the
 * database. Nothing of it is written in the control database.
 */
export const REPORTED = [
  { table: 'nodes', of: 'origin' },
  { table: 'audit_events', of: 'origin' },
  { table: 'audit_heads', of: 'origin' },
  { table: 'refusals', of: 'origin' },
  { table: 'api_key_last_used', of: 'origin' },
  { table: 'usage_daily', of: 'origin' },
  { table: 'environment_receipts', of: 'environment' },
  { table: 'erasures_done', of: 'environment' },
] as const;

/** SQL: whether `origin` is a database that the environment `$1` has, or had. Its name has no dot (`regions/tables.ts`). */
export const OF_ENVIRONMENT = `split_part(origin, '.', 1) = $1`;
/** The name of the nth database of an environment, from 1. */
export const originOf = (environment: string, n: number): string =>
  n === 1 ? environment : `${environment}.${n}`;

/** In PostgreSQL of the control plane, one for all environments of a region. */
export const publicationOf = (region: string) => `parley_${region}`;
/** In PostgreSQL of an environment. */
export const REPORT = 'parley_report';

/** A subscription, and the slot it reads from on the other side. */
export interface Link {
  readonly subscription: string;
  readonly slot: string;
}

/** By which an environment follows the control database. */
export const followingOf = (environment: string): Link => ({
  subscription: 'parley_control',
  slot: `parley_to_${environment.toLowerCase()}`,
});

/** By which the control database hears what an environment reports. */
export const reportOf = (environment: string): Link => ({
  subscription: `parley_${environment.toLowerCase()}`,
  slot: `parley_from_${environment.toLowerCase()}`,
});
