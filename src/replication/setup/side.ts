import pg from 'pg';
import { runRaw, type Sql } from '../../db/database.ts';

/** One of the two databases of a link. */
export interface Side {
  readonly sql: Sql;
  /** `the control database`, `the database of EU1`: for sentences. */
  readonly name: string;
  /** How the PostgreSQL of the other side reaches this one; it keeps it, with the password in it. */
  readonly connection: string;
}

/** Why an environment cannot be set up, in a sentence for whoever does it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

export const id = (name: string) => pg.escapeIdentifier(name);
export const literal = (text: string) => pg.escapeLiteral(text);

/** Rows of a statement; what PostgreSQL refuses becomes a sentence that names the side. */
export async function rowsOf<T>(
  { sql, name }: Pick<Side, 'sql' | 'name'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  try {
    return (await runRaw(sql, text, values)).rows as T[];
  } catch (error) {
    throw explained(name, error);
  }
}

export async function rowOf<T>(
  side: Pick<Side, 'sql' | 'name'>,
  text: string,
  values: readonly unknown[] = [],
): Promise<T> {
  const [row] = await rowsOf<T>(side, text, values);
  if (row === undefined) throw new SetupError(`${side.name} gave no answer`);
  return row;
}

/** Runs `work` unless somebody else sets up environments of this control database now. Throws `SetupError`. */
export const alone = (control: Side, work: () => Promise<void>): Promise<void> =>
  control.sql.connection().execute(async (sql) => {
    const own = { ...control, sql };
    const lock = `hashtext('parley environments')`;
    const { isFree } = await rowOf<{ isFree: boolean }>(
      own,
      `select pg_try_advisory_lock(${lock}) as "isFree"`,
    );
    if (!isFree) throw new SetupError('environments are being set up by somebody else; try again later');
    try {
      await work();
    } finally {
      await rowsOf(own, `select pg_advisory_unlock(${lock})`);
    }
  });

const NOT_ALLOWED = '42501';
const CONNECTION_REFUSED = '08006';

function explained(name: string, error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (code === NOT_ALLOWED) {
    return new SetupError(
      `the user of ${name} may not do this (${message}); docs/environments.md lists what it needs to be granted`,
      { cause: error },
    );
  }
  if (code === CONNECTION_REFUSED) {
    return new SetupError(`PostgreSQL of ${name} does not reach the other side: ${message}`, {
      cause: error,
    });
  }
  return code === undefined ? error : new SetupError(`${name}: ${message}`, { cause: error });
}
