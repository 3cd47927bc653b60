import { followingOf, OF_ENVIRONMENT, reportOf } from '../tables.ts';
import { requireOwnOrEmpty, requireStopped } from './check.ts';
import { dropSlot, unsubscribe } from './links.ts';
import { alone, rowsOf, SetupError, type Side } from './side.ts';

/**
 * Lets an environment go: it is waited for no more, and PostgreSQL keeps nothing for it. Its usage and its audit log stay.
 * Throws `SetupError` while its nodes run.
 * @param database its own database; `undefined` when it is gone for good
 */
export const removeEnvironment = (
  control: Side,
  environment: string,
  database: Side | undefined,
): Promise<void> => alone(control, () => unlink(control, environment, database));

async function unlink(control: Side, environment: string, database: Side | undefined): Promise<void> {
  const known = await rowsOf(control, `select 1 from environments where environment = $1`, [environment]);
  if (known.length === 0) throw new SetupError(`the control database knows no environment ${environment}`);
  if (database) await requireOwnOrEmpty(database, environment);
  if (database) await requireStopped(database, `${environment} would go on with the keys it knows`);
  await unsubscribe(control, reportOf(environment));
  if (database) {
    // No node starts on it any more.
    await rowsOf(database, `update environment_database set missed_at = now()`);
    await unsubscribe(database, followingOf(environment));
    await dropSlot(database, reportOf(environment));
  }
  await dropSlot(control, followingOf(environment));
  await forgetMoment(control, environment);
  await rowsOf(control, `delete from environments where environment = $1`, [environment]);
  // What waited for it alone.
  const erasures = await rowsOf<{ project: number; user: string }>(
    control,
    `select project_id as project, client_ref as "user" from erasures`,
  );
  for (const { project, user } of erasures) {
    await rowsOf(control, `select finish_erasure($1, $2)`, [project, user]);
  }
}

/** What an environment, whichever database it had, has said of itself as it is now. */
export async function forgetMoment(control: Side, environment: string): Promise<void> {
  await rowsOf(control, `delete from nodes where ${OF_ENVIRONMENT}`, [environment]);
  await rowsOf(control, `delete from environment_receipts where environment = $1`, [environment]);
  await rowsOf(control, `delete from erasures_done where environment = $1`, [environment]);
}
