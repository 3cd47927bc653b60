import type { Sql } from '../db/database.ts';

/** Which part of an installation a database holds. */
export interface Place {
  /** The environment whose database this is; `undefined`: it is the control database. */
  readonly environment: string | undefined;
  /** False: what it follows is not copied yet, or changes of it were lost. */
  readonly isWhole: boolean;
  /** Of the control database: environments that have a database of their own. */
  readonly elsewhere: readonly string[];
  /** Of the database of an environment: the pepper that the control plane makes keys with. */
  readonly pepperFingerprint: string | undefined;
}

export async function readPlace(sql: Sql): Promise<Place> {
  const own = await sql
    .selectFrom('environment_database')
    .select(['environment', 'missed_at'])
    .executeTakeFirst();
  const others = await sql.selectFrom('environments').select('environment').execute();
  const heartbeat = await sql.selectFrom('control_heartbeat').select('pepper_fingerprint').executeTakeFirst();
  return {
    environment: own?.environment,
    isWhole: !own?.missed_at,
    elsewhere: others.map(({ environment }) => environment),
    pepperFingerprint: own && (heartbeat?.pepper_fingerprint ?? undefined),
  };
}
