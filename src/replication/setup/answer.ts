import { sleep } from '../../base/abort.ts';
import { rowOf, rowsOf, type Side } from './side.ts';

const ASK_EVERY_MS = 100;

/**
 * Writes a heartbeat and waits for an environment to answer it: then both ways are open. Resolves to what it answers, or to
 * `undefined` when the time is up.
 */
export async function askForAnswer(
  control: Side,
  environment: string,
  limitMs: number,
): Promise<{ hasMissed: boolean } | undefined> {
  const { at } = await rowOf<{ at: string }>(
    control,
    `update control_heartbeat set at = clock_timestamp(), version = (select version from identity_head)
       returning at::text`,
  );
  for (const untilMs = performance.now() + limitMs; performance.now() < untilMs; await sleep(ASK_EVERY_MS)) {
    const [answer] = await rowsOf<{ hasMissed: boolean }>(
      control,
      `select missed_at is not null as "hasMissed" from environment_receipts
        where environment = $1 and heard_at >= $2::timestamptz`,
      [environment, at],
    );
    if (answer) return answer;
  }
  return undefined;
}
