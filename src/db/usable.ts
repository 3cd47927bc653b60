import { sql as raw } from 'kysely';
import type { Sql } from './database.ts';

/** A PostgreSQL that cannot be used as it is, in words that follow "PARLEY_DATABASE_URL". Holds no password. */
export class DatabaseFault extends Error {
  override readonly name = 'DatabaseFault';
  /** It may be well without anybody changing a setting. */
  readonly mayPass: boolean;

  constructor(message: string, options: { mayPass: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.mayPass = options.mayPass;
  }
}

const OLDEST_VERSION = 150_000;

interface Figures {
  /** As `server_version_num` counts: 150004 is 15.4. */
  readonly version: number;
  readonly is_standby: boolean;
  readonly is_read_only: boolean;
}

/** Throws `DatabaseFault` for a server that cannot be reached, is too old or takes no changes. */
export async function requireUsable(sql: Sql, url: string): Promise<void> {
  const asked = raw<Figures>`
    select current_setting('server_version_num')::integer as version, pg_is_in_recovery() as is_standby,
      current_setting('transaction_read_only') = 'on' as is_read_only`.execute(sql);
  const { rows } = await asked.catch((error: Error) => {
    const message = `cannot be used: ${error.message}`;
    throw explainFailure(error, url) ?? new DatabaseFault(message, { mayPass: true, cause: error });
  });
  const fault = rows[0] && faultOfServer(rows[0]);
  if (fault !== undefined) throw new DatabaseFault(fault, { mayPass: false });
}

export function faultOfServer({ version, is_standby, is_read_only }: Figures): string | undefined {
  if (version < OLDEST_VERSION) {
    const known = `${Math.floor(version / 10_000)}.${version % 10_000}`;
    return `leads to PostgreSQL ${known}: upgrade it, 15 is the oldest that will do`;
  }
  if (is_standby) return 'leads to a standby, which takes no changes: name the primary';
  if (is_read_only) {
    return 'leads to a database that is read-only for this user: turn default_transaction_read_only off, or name another user';
  }
  return undefined;
}

/** What an error of the first statements means for whoever set the address; `undefined` when it is no fault of that. */
export function explainFailure(error: unknown, url: string): DatabaseFault | undefined {
  const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
  const reason = code ?? WITHOUT_CODE.find(([words]) => words.test(message))?.[1] ?? '';
  const explain = SENTENCES[reason];
  if (!explain) return undefined;
  const { hostname: host, port, username, pathname } = new URL(url);
  const user = decodeURIComponent(username);
  const database = decodeURIComponent(pathname.slice(1)) || user;
  const sentence = explain({ host, port: port || '5432', user, database, reason });
  return new DatabaseFault(sentence, { mayPass: PASSING.test(reason), cause: error });
}

/** Networks and servers come back; the rest waits for a person. */
const PASSING = /^(E[A-Z]|53|57)/;

interface Place {
  readonly host: string;
  readonly port: string;
  readonly user: string;
  readonly database: string;
  readonly reason: string;
}
type Explain = (place: Place) => string;

const unanswered: Explain = ({ host, port, reason }) =>
  `leads to ${host}:${port}, where nothing answers (${reason}): start PostgreSQL there, or correct host and port`;
const unknownHost: Explain = ({ host, reason }) =>
  `names the host ${host}, which is not known (${reason}): correct it, or the name service`;
const refused: Explain = ({ user, database }) =>
  `names the user "${user}", whom PostgreSQL does not let into "${database}": correct user and password, or its pg_hba.conf`;
const busy: Explain = ({ host, port, reason }) =>
  `leads to ${host}:${port}, which takes no connections now (${reason}): start again when it does, or raise its max_connections`;

/** What the driver itself says has no code. */
const WITHOUT_CODE: readonly (readonly [words: RegExp, code: string])[] = [
  [/^timeout exceeded when trying to connect$|due to connection timeout$/, 'ETIMEDOUT'],
  [/client password must be a/, '28P01'],
];

/** By what the system says of a socket, or by SQLSTATE (PostgreSQL, appendix A). */
const SENTENCES: Readonly<Record<string, Explain>> = {
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  ECONNREFUSED: unanswered,
  ECONNRESET: unanswered,
  ETIMEDOUT: unanswered,
  EHOSTUNREACH: unanswered,
  ENETUNREACH: unanswered,
  '28000': refused,
  '28P01': refused,
  '3D000': ({ database }) =>
    `names the database "${database}", which is not there: create it, or correct the name`,
  '42501': ({ user, database }) =>
    `names the user "${user}", who may not make what is needed in "${database}": let that user own the database`,
  '25006': ({ database }) =>
    `leads to "${database}", which takes no changes: name the primary, and a user who may write`,
  '53300': busy,
  '57P03': busy,
};
