import {
  FOLLOWED,
  followingOf,
  OF_ENVIRONMENT,
  originOf,
  publicationOf,
  REPORT,
  REPORTED,
  reportOf,
} from '../tables.ts';
import { askForAnswer } from './answer.ts';
import {
  requireControl,
  requireOwnOrEmpty,
  requireReplicable,
  requireSilent,
  requireStopped,
  requireTwoDatabases,
} from './check.ts';
import {
  copied,
  createSlot,
  dropSlot,
  hasSubscription,
  hasTables,
  refresh,
  renew,
  slotState,
  subscribe,
  unsubscribe,
} from './links.ts';
import { publishRegion, publishReport } from './publish.ts';
import { forgetMoment } from './remove.ts';
import { alone, rowOf, rowsOf, SetupError, type Side } from './side.ts';

export interface Setup {
  readonly control: Side;
  readonly database: Side;
  /** As the topology spells it: `EU1`. */
  readonly environment: string;
  readonly region: string;
  /** Told what is done, in sentences. */
  readonly say: (sentence: string) => void;
}

/**
 * Lets the database of an environment follow the control database and report to it; what is set up already is left as
 * it is, and what has broken is mended. Both schemas must be up to date. Throws `SetupError`.
 */
export const initEnvironment = (setup: Setup): Promise<void> =>
  alone(setup.control, () => linkBothWays(setup));

async function linkBothWays(setup: Setup): Promise<void> {
  const { control, database, environment, region, say } = setup;
  await requireTwoDatabases(control, database);
  await requireReplicable(control);
  await requireReplicable(database);
  await requireControl(control, environment);
  const { origin: own } = await requireOwnOrEmpty(database, environment);
  if (own === undefined) await requireSilent(control, environment);
  const origin = own ?? (await nextOrigin(control, environment));

  say(`The control database publishes what belongs to the region ${region} (${publicationOf(region)}).`);
  await register(control, environment, region);
  await publishRegion(control, region);
  // A control database that was put back may lack what was reported to it since.
  if (await hasHeardLater(database, control)) await unsubscribe(control, reportOf(environment));
  await follow(setup, { origin, isOwn: own !== undefined });

  say(`${environment} publishes its nodes, usage, refusals and audit log (${REPORT}).`);
  await publishReport(database);
  await report(setup, origin);
  await answered(setup);
  say(`${environment} follows the control database and has answered.`);
}

/** A database that takes the place of one that is gone continues neither its audit log nor its counts. */
async function nextOrigin(control: Side, environment: string): Promise<string> {
  const { earlier } = await rowOf<{ earlier: number }>(
    control,
    `select count(*)::integer as earlier from audit_heads where ${OF_ENVIRONMENT}`,
    [environment],
  );
  return originOf(environment, earlier + 1);
}

async function register(control: Side, environment: string, region: string): Promise<void> {
  const [known] = await rowsOf<{ region: string }>(
    control,
    `select region from environments where environment = $1`,
    [environment],
  );
  if (known === undefined) {
    await rowsOf(control, `insert into environments (environment, region) values ($1, $2)`, [
      environment,
      region,
    ]);
  } else if (known.region !== region) {
    throw new SetupError(
      `${environment} is in the region ${known.region}, not ${region}: the topology of the control plane must say the same`,
    );
  }
}

/** From the control database to the environment. */
async function follow(setup: Setup, { origin, isOwn }: { origin: string; isOwn: boolean }): Promise<void> {
  const { control, database, environment, region, say } = setup;
  const link = followingOf(environment);
  const slot = await slotState(control, link);
  const isLinked = await hasSubscription(database, link);
  const isWhole = isOwn && (await missedNothing(database));
  if (isLinked && isWhole && slot === 'usable' && !(await isAhead(database, control))) {
    say(`${environment} follows it already (${link.subscription}, slot ${link.slot}).`);
    await renew(database, control, link);
    if (!(await hasTables(database, link, FOLLOWED_TABLES))) await refresh(database, link);
    return;
  }
  const hasAll = async () => isWhole && (await isUpToDate(control, database));
  const mayCopy = () =>
    requireStopped(database, `${environment} has to be copied anew, and must not answer meanwhile`);
  const mayStay = await hasAll();
  // Before anything is taken apart: a link that still brings changes is left to nodes that run.
  if (!mayStay) await mayCopy();
  // A control database that is not as it was may also lack what was reported to it.
  if (!mayStay || slot === 'missing') await unsubscribe(control, reportOf(environment));
  await unsubscribe(database, link);
  await dropSlot(control, link);
  await createSlot(control, link);
  const publication = publicationOf(region);
  const options = { tables: FOLLOWED_TABLES, isDurable: true };
  // Whatever is changed from here on the slot keeps.
  if (await hasAll()) {
    say(`${environment} has missed nothing and goes on from a new slot (${link.slot}).`);
    await alignErasures(control, database);
    await subscribe(database, control, link, publication, { ...options, copies: false });
    return;
  }
  await mayCopy();
  say(`${environment} copies the tables of keys (${link.subscription}, slot ${link.slot}).`);
  await empty(database, environment, origin);
  await subscribe(database, control, link, publication, { ...options, copies: true });
  await copied(database, link, (done, of) => say(`  ${done} of ${of} tables are copied.`));
  await forgetErased(database);
  await tellNodes(database, 'always');
  // One that came back meanwhile has not heard of what was copied.
  await mayCopy();
  await rowsOf(database, `update environment_database set missed_at = null`);
}

const FOLLOWED_TABLES = FOLLOWED.map(({ table }) => table);
const REPORTED_TABLES = REPORTED.map(({ table }) => table);

async function missedNothing(database: Side): Promise<boolean> {
  const { missed } = await rowOf<{ missed: boolean }>(
    database,
    `select missed_at is not null as missed from environment_database`,
  );
  return !missed;
}

/** Of a standby that was promoted the slots are gone, but the keys may be the same. */
const isUpToDate = async (control: Side, database: Side): Promise<boolean> =>
  (await versionOf(control)) === (await versionOf(database));

/** Whether an environment has heard of changes that this control database does not know. */
const isAhead = async (database: Side, control: Side): Promise<boolean> =>
  (await versionOf(database)) > (await versionOf(control));

/** Whether an environment has heard a heartbeat that this control database does not know: it is from a copy of before. */
async function hasHeardLater(database: Side, control: Side): Promise<boolean> {
  const read = async (side: Side) =>
    (
      await rowsOf<{ at: number }>(side, `select extract(epoch from at)::float8 as at from control_heartbeat`)
    )[0]?.at ?? 0;
  return (await read(database)) > (await read(control));
}

async function versionOf(side: Side): Promise<number> {
  const [head] = await rowsOf<{ version: number }>(side, `select version from identity_head`);
  return head?.version ?? 0;
}

/** An erasure that is over changes no version, so its end may have been missed. */
async function alignErasures(control: Side, database: Side): Promise<void> {
  const erasures = await rowsOf(control, `select project_id, client_ref from erasures`);
  await rowsOf(
    database,
    `delete from erasures e where not exists (
       select from json_to_recordset($1) as there (project_id integer, client_ref text)
        where there.project_id = e.project_id and there.client_ref = e.client_ref)`,
    [JSON.stringify(erasures)],
  );
  await forgetErased(database);
}

/** What is said to be erased is forgotten with the erasure; by triggers only where replication ends it. */
const forgetErased = (database: Side) =>
  rowsOf(
    database,
    `delete from erasures_done d where not exists (select from erasures e
       where e.project_id = d.project_id and e.client_ref = d.client_ref)`,
  );

/** What the migrations, or an earlier copy, have put where the copy goes. Until that is there, no node starts here. */
async function empty(database: Side, environment: string, origin: string): Promise<void> {
  await rowsOf(
    database,
    `insert into environment_database (environment, origin, missed_at) values ($1, $2, now())
       on conflict (only_row) do update set missed_at = now()`,
    [environment, origin],
  );
  await tellNodes(database, 'origin');
  // What refers to them belongs to the control plane, and is empty here.
  await rowsOf(database, `truncate ${FOLLOWED_TABLES.join(', ')} cascade`);
  for (const text of [
    `delete from nodes`,
    `delete from audit_heads where origin <> this_database()`,
    `insert into audit_heads values (this_database(), 0, decode(repeat('00', 32), 'hex')) on conflict do nothing`,
    `delete from environment_receipts`,
  ]) {
    await rowsOf(database, text);
  }
}

/**
 * Whether nodes are told of each row that replication brings (`always`), or of none (`origin`), as while everything is
 * copied: news of a million rows would be of no use to anybody.
 */
async function tellNodes(database: Side, when: 'always' | 'origin'): Promise<void> {
  const triggers = await rowsOf<{ trigger: string; table: string }>(
    database,
    `select t.tgname as trigger, c.relname as table from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where t.tgfoid = 'notify_identity_changed'::regproc and c.relname = any ($1)`,
    [FOLLOWED_TABLES],
  );
  for (const { trigger, table } of triggers) {
    await rowsOf(
      database,
      `alter table ${table} enable ${when === 'always' ? 'always ' : ''}trigger ${trigger}`,
    );
  }
}

/** From the environment to the control database. */
async function report({ control, database, environment, say }: Setup, origin: string): Promise<void> {
  const link = reportOf(environment);
  const isLinked = await hasSubscription(control, link);
  const isUsable = isLinked && (await slotState(database, link)) === 'usable';
  if (isUsable && (await hasTables(control, link, REPORTED_TABLES))) {
    say(`The control database hears it already (${link.subscription}, slot ${link.slot}).`);
    await renew(control, database, link);
    return;
  }
  await unsubscribe(control, link);
  await dropSlot(database, link);
  await createSlot(database, link);
  await forgetMoment(control, environment);
  for (const { table, of } of REPORTED) if (of === 'origin') await deleteRows(control, table, origin);
  say(
    `The control database copies what ${environment} has reported so far (${link.subscription}, slot ${link.slot}).`,
  );
  const options = { tables: REPORTED_TABLES, copies: true, isDurable: false };
  await subscribe(control, database, link, REPORT, options);
  await copied(control, link, (done, of) => say(`  ${done} of ${of} tables are copied.`));
}

/** Some at a time: an audit log of years would keep one statement for longer than it may take. */
async function deleteRows(control: Side, table: string, origin: string): Promise<void> {
  const text = `with gone as (delete from ${table} where ctid in
      (select ctid from ${table} where origin = $1 limit 10000) returning 1) select 1 from gone limit 1`;
  while ((await rowsOf(control, text, [origin])).length > 0);
}

const ANSWER_LIMIT_MS = 60_000;

/** A heartbeat goes there and its answer comes back: both ways are open. */
async function answered({ control, environment }: Setup): Promise<void> {
  const answer = await askForAnswer(control, environment, ANSWER_LIMIT_MS);
  if (answer?.hasMissed) {
    throw new SetupError(
      `${environment} has answered that it lacks changes of keys: stop its nodes and run this again, which copies them anew`,
    );
  }
  if (answer) return;
  throw new SetupError(
    `${environment} has not answered within ${ANSWER_LIMIT_MS / 1_000} s: the logs of both PostgreSQL servers say what its subscriptions are waiting for`,
  );
}
