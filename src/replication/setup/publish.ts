import { FOLLOWED, publicationOf, REPORT, REPORTED } from '../tables.ts';
import { id, literal, rowsOf, type Side } from './side.ts';

/** What environments of the region follow; one that is there is brought up to date. */
export function publishRegion(control: Side, region: string): Promise<void> {
  const tables = FOLLOWED.map(({ table, isOfRegion }) =>
    isOfRegion ? `${table} where (${literal(region)} = any (regions))` : table,
  );
  return publish(control, publicationOf(region), tables);
}

export const publishReport = (environment: Side): Promise<void> =>
  publish(
    environment,
    REPORT,
    REPORTED.map(({ table }) => table),
  );

async function publish(side: Side, name: string, tables: readonly string[]): Promise<void> {
  const isThere = await rowsOf(side, `select 1 from pg_publication where pubname = $1`, [name]);
  await rowsOf(
    side,
    isThere.length > 0
      ? `alter publication ${id(name)} set table ${tables.join(', ')}`
      : `create publication ${id(name)} for table ${tables.join(', ')} with (publish = 'insert, update, delete')`,
  );
}
