import { sql as raw } from 'kysely';
import type { Logger } from '../base/log.ts';
import { actRarely } from '../base/rarely.ts';
import { type Repeated, repeat } from '../base/repeat.ts';
import type { Sql } from '../db/database.ts';

const BEAT_EVERY_MS = 200;
const WARN_EVERY_MS = 10_000;

/**
 * Writes the heartbeat that environments answer (`advance_receipt` in the migrations), while there are environments. The
 * nodes of the control plane share it: whoever finds it old enough writes it.
 * @param pepperFingerprint of the pepper that new keys are made with
 */
export function startPulse(sql: Sql, pepperFingerprint: string, log: Logger): Repeated {
  // A heartbeat that is lost is followed by another: no disk has to be waited for.
  const beat = () =>
    raw`with quick as (select set_config('synchronous_commit', 'off', true))
      update control_heartbeat set at = clock_timestamp(), pepper_fingerprint = ${pepperFingerprint},
        version = (select version from identity_head) from quick
       where at < clock_timestamp() - make_interval(secs => ${BEAT_EVERY_MS / 2_000})
         and exists (select from environments)`.execute(sql);
  const warn = ({ message }: Error) => log.warn({ reason: message }, 'the heartbeat was not written');
  return repeat(BEAT_EVERY_MS, beat, actRarely(WARN_EVERY_MS, warn));
}
