import { sql as raw } from 'kysely';
import type { Logger } from '../../base/log.ts';
import { askRarely } from '../../base/rarely.ts';
import type { Database } from '../../db/database.ts';
import { isReadOnly } from '../../db/server.ts';
import type { Node } from '../../identity/nodes/node.ts';
import type { Files } from '../roles/open-store.ts';

/** Why this node takes no requests now, and what helps; `undefined` when it takes them. Anybody may read it. */
export type WhyNotReady = () => Promise<string | undefined>;

interface Deps {
  readonly node: Pick<Node, 'hasTrustedClock' | 'hasMissedChanges' | 'figures'>;
  readonly database: Pick<Database, 'sql'>;
  readonly files: Pick<Files, 'whyNotReady'> | undefined;
  readonly log: Logger;
}

interface Fault {
  readonly reason: string;
  /** What the part itself said, for the log alone. */
  readonly cause?: string;
}

/** Anybody may ask, as often as they like. */
const ASK_EVERY_MS = 1_000;

/** Asks each part, once a second at most. The log tells when the answer changes. */
export function createReadiness({ node, database, files, log }: Deps): WhyNotReady {
  let before: string | undefined;

  async function find(): Promise<Fault | undefined> {
    if (!node.hasTrustedClock()) return { reason: faultOfClock(node.figures().clock.offsetMs) };
    if (node.hasMissedChanges()) return { reason: MISSED_CHANGES };
    return (await faultOfDatabase(database)) ?? (await faultOfFiles(files));
  }

  return askRarely(ASK_EVERY_MS, async () => {
    const fault = await find();
    if (fault?.reason !== before) {
      if (fault === undefined) log.info('ready again');
      else log.warn(fault, 'not ready');
    }
    before = fault?.reason;
    return before;
  });
}

const MISSED_CHANGES =
  'changes of keys were lost on their way from the control plane: run parley environments init, which copies them anew';

/** @param offsetMs of the database's clock, from this machine's */
function faultOfClock(offsetMs: number): string {
  const apart = `${Math.round(Math.abs(offsetMs) / 1_000)} s ${offsetMs > 0 ? 'behind' : 'ahead of'}`;
  return `the clock of this machine is ${apart} that of the database: set the one that is wrong, and keep both by NTP`;
}

async function faultOfFiles(files: Deps['files']): Promise<Fault | undefined> {
  const reason = await files?.whyNotReady();
  return reason === undefined ? undefined : { reason };
}

/** Asks for a change of nothing, which a database that takes none refuses. */
const faultOfDatabase = ({ sql }: Pick<Database, 'sql'>): Promise<Fault | undefined> =>
  raw`delete from nodes where false`.execute(sql).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => ({
      reason: isReadOnly(error)
        ? 'the database takes no changes: let it take them, or let PARLEY_DATABASE_URL lead to the primary'
        : 'the database does not answer: the log of the node says why',
      cause: error.message || String(error.code),
    }),
  );
