import { followingOf, REPORTED, reportOf } from '../tables.ts';
import { dropSlot, unsubscribe } from './links.ts';
import { rowsOf, SetupError, type Side } from './side.ts';

/**
 * Lets an environment go: it is waited for no more, and PostgreSQL keeps nothing for it. Its usage and its audit log stay.
 * @param database its own database; `undefined` when it is gone for good
 */
export async function removeEnvironment(
  control: Side,
  environment: string,
  database: Side | undefined,
): Promise<void> {
  const known = await rowsOf(control, `select 1 from environments where environment = $1`, [environment]);
  if (known.length === 0) throw new SetupError(`the control database knows no environment ${environment}`);
  await unsubscribe(control, reportOf(environment));
  if (database) {
    await unsubscribe(database, followingOf(environment));
    await dropSlot(database, reportOf(environment));
  }
  await dropSlot(control, followingOf(environment));
  for (const { table, of } of REPORTED.filter(({ table }) => OF_THE_MOMENT.includes(table))) {
    await rowsOf(control, `delete from ${table} where ${of} = $1`, [environment]);
  }
  await rowsOf(control, `delete from environments where environment = $1`, [environment]);
  // What waited for it alone.
  await rowsOf(control, `select finish_erasure(project_id, client_ref) from erasures`);
}

const OF_THE_MOMENT: readonly string[] = ['nodes', 'environment_receipts', 'erasures_done'];
