import type { Logger } from '../../base/log.ts';
import { repeat } from '../../base/repeat.ts';
import type { Database } from '../../db/database.ts';
import { finishErasures } from '../../jobs/erase.ts';
import { startPulse } from '../../replication/pulse.ts';
import type { Closers } from '../closers.ts';
import type { Identity } from '../open-identity.ts';

interface Parts {
  readonly log: Logger;
  readonly database: Database;
  readonly identity: Identity;
}

const FORGET_EVERY_MS = 3_600_000;
const FINISH_EVERY_MS = 60_000;

/** What the control plane does beside answering. */
export function openControl({ log, database, identity }: Parts, closers: Closers): void {
  const pulse = startPulse(database.sql, identity.pepperFingerprint);
  closers.add(() => pulse.stop());
  const forgetting = repeat(FORGET_EVERY_MS, () => identity.clientRefs.forgetEnded());
  closers.add(() => forgetting.stop());
  const finishing = repeat(FINISH_EVERY_MS, () => finishErasures({ database, log }));
  closers.add(() => finishing.stop());
}
