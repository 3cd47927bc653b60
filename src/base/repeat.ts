import { sleep } from './abort.ts';

export interface Repeated {
  /** Resolves once the turn under way is over. */
  stop(): Promise<void>;
}

/**
 * Does work at once and then again and again, each time so long after the turn before.
 * @param onError of a turn; the next one is done all the same
 */
export function repeat(
  everyMs: number,
  work: () => Promise<unknown>,
  onError: (error: Error) => void,
): Repeated {
  const stopping = new AbortController();
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await work().catch(onError);
      await sleep(everyMs, stopping.signal);
    }
  }
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
