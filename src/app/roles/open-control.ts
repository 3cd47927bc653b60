import type { Logger } from '../../base/log.ts';
import { repeat } from '../../base/repeat.ts';
import type { Database } from '../../db/database.ts';
import { finishErasures } from '../../jobs/erase.ts';
import { startPulse } from '../../replication/pulse.ts';
import type { Closers } from '../closers.ts';
import type { Identity } from '../open-identity.ts';

interface Parts {
  readonly database: Database;
  readonly log: Logger;
  readonly identity: Identity;
}

const FORGET_EVERY_MS = 3_600_000;
const FINISH_EVERY_MS = 60_000;

/** What the control plane does beside answering. */
export function openControl({ database, log, identity }: Parts, closers: Closers): void {
  const warn = ({ message }: Error) =>
    log.warn({ reason: message }, 'work of the control plane will be tried again');
  const pulse = startPulse(database.sql, identity.pepperFingerprint, log);
  closers.add(() => pulse.stop());
  const forgetting = repeat(FORGET_EVERY_MS, () => identity.clientRefs.forgetEnded(), warn);
  closers.add(() => forgetting.stop());
  const finishing = repeat(FINISH_EVERY_MS, () => finishErasures({ database, log }), warn);
  closers.add(() => finishing.stop());
}
