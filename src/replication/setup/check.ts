import { askForAnswer } from './answer.ts';
import { rowOf, rowsOf, SetupError, type Side } from './side.ts';

interface Settings {
  readonly wal_level: string;
  readonly slots: number;
  readonly senders: number;
  readonly workers: number;
  readonly slots_used: number;
  readonly schema: string;
}

/** Throws a sentence when PostgreSQL is not set up for logical replication with one link more each way. */
export async function requireReplicable(side: Side): Promise<void> {
  const found = await rowOf<Settings>(
    side,
    `select current_setting('wal_level') as wal_level,
       current_setting('max_replication_slots')::integer as slots,
       current_setting('max_wal_senders')::integer as senders,
       current_setting('max_logical_replication_workers')::integer as workers,
       (select count(*)::integer from pg_replication_slots) as slots_used,
       current_schema() as schema`,
  );
  if (found.wal_level !== 'logical') {
    throw new SetupError(
      `${side.name} has wal_level = ${found.wal_level}: set it to logical and start PostgreSQL again`,
    );
  }
  const wanted = { max_replication_slots: 2, max_wal_senders: 2, max_logical_replication_workers: 2 };
  const present = {
    max_replication_slots: found.slots,
    max_wal_senders: found.senders,
    max_logical_replication_workers: found.workers,
  };
  for (const [setting, count] of Object.entries(wanted)) {
    const there = present[setting as keyof typeof present];
    if (there < count)
      throw new SetupError(`${side.name} has ${setting} = ${there}: raise it (docs/environments.md)`);
  }
  if (found.slots_used >= found.slots) {
    throw new SetupError(
      `all ${found.slots} replication slots of ${side.name} are taken: raise max_replication_slots, or drop one that is not used`,
    );
  }
  if (found.schema !== 'public') {
    throw new SetupError(
      `${side.name} has its tables in the schema "${found.schema}": replication finds them by name, so both sides must use public`,
    );
  }
}

/** Two addresses of one database would make it follow itself. */
export async function requireTwoDatabases(control: Side, environment: Side): Promise<void> {
  const text = `select pg_postmaster_start_time()::text as server, inet_server_port() as port, current_database() as database`;
  const [one, other] = await Promise.all([control, environment].map((side) => rowOf<object>(side, text)));
  if (JSON.stringify(one) === JSON.stringify(other)) {
    throw new SetupError('the database of the environment must be another one than the control database');
  }
}

/** Throws while nodes of an environment run: `why` they must not. */
export async function requireStopped(environment: Side, why: string): Promise<void> {
  const { nodes } = await rowOf<{ nodes: number }>(
    environment,
    `select count(*)::integer as nodes from nodes where lease_until > now()`,
  );
  if (nodes > 0) throw new SetupError(`${why}: stop its nodes first (${nodes} are running)`);
}

/** Throws while another database answers as the environment: it would go on without hearing of any change. */
export async function requireSilent(control: Side, environment: string): Promise<void> {
  const known = await rowsOf(control, `select 1 from environment_receipts where environment = $1`, [
    environment,
  ]);
  if (known.length === 0 || !(await askForAnswer(control, environment, SILENT_MS))) return;
  throw new SetupError(
    `${environment} answers from another database: stop its nodes and let it go (parley environments remove ${environment}), then set up the new one`,
  );
}

const SILENT_MS = 3_000;

interface Contents {
  readonly environment: string | null;
  readonly origin: string | null;
  readonly is_used: boolean;
}

/** What the database of an environment holds: nothing yet, or what this environment had before (under `origin`). */
export async function requireOwnOrEmpty(
  side: Side,
  environment: string,
): Promise<{ origin: string | undefined }> {
  const found = await rowOf<Contents>(
    side,
    `select (select environment from environment_database) as environment,
       (select origin from environment_database) as origin,
       exists (select from workspaces) or exists (select from jobs) or exists (select from audit_events)
         or exists (select from environments) or exists (select from nodes where lease_until > now()) as is_used`,
  );
  if (found.environment === environment) return { origin: found.origin ?? undefined };
  if (found.environment !== null)
    throw new SetupError(`${side.name} is that of ${found.environment} already`);
  if (found.is_used) {
    throw new SetupError(
      `${side.name} is in use: an environment begins with an empty one, and its nodes are started after`,
    );
  }
  return { origin: undefined };
}

interface ControlState {
  readonly follows: string | null;
  readonly is_used: boolean;
  readonly serving: number;
}

/** The control database, which must not serve the environment itself. */
export async function requireControl(side: Side, environment: string): Promise<void> {
  const found = await rowOf<ControlState>(
    side,
    `select (select environment from environment_database) as follows,
       exists (select from workspaces) as is_used,
       (select count(*)::integer from nodes where origin = 'control' and lease_until > now()
          and $1 = any (environments) and roles <> '{control}') as serving`,
    [environment],
  );
  if (found.follows !== null)
    throw new SetupError(`${side.name} is that of the environment ${found.follows}`);
  if (!found.is_used) {
    throw new SetupError(`${side.name} holds no keys yet: start a node with the role control there first`);
  }
  if (found.serving > 0) {
    throw new SetupError(
      `${environment} is served by nodes of the control database: give them PARLEY_ROLES=control first`,
    );
  }
}
