import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, ask, jobForm, readClip } from './api.ts';
import { RealtimeClient } from './realtime.ts';

const PAUSE_MS = 20;

export interface Credentials {
  /** Each lists jobs and submits one. */
  readonly batch: readonly string[];
  /** Each starts a session. */
  readonly realtime: readonly string[];
}

/** How often each answer came: a status, or `none` where there was no answer. */
export type Tally = Readonly<Record<string, number>>;

export interface Load {
  /** Ends it once the requests under way are answered. */
  stop(): Promise<Tally>;
}

/**
 * Clients that use credentials again and again.
 * @param servers one after the other: a client that gets no answer moves on to the next, as to a sibling environment
 */
export async function startLoad(
  servers: () => readonly Address[],
  { batch, realtime }: Credentials,
): Promise<Load> {
  const tally: Record<string, number> = {};
  const stopping = new AbortController();
  const audio = await readClip();

  async function use(request: (server: Address) => Promise<number>): Promise<void> {
    for (const server of servers()) {
      const status = await request(server).catch(() => 'none' as const);
      tally[status] = (tally[status] ?? 0) + 1;
      if (status !== 'none') return;
    }
  }
  async function again(requests: readonly ((server: Address) => Promise<number>)[]): Promise<void> {
    while (!stopping.signal.aborted) {
      for (const request of requests) await use(request);
      await sleep(PAUSE_MS);
    }
  }
  const running = [
    ...batch.map((key) => again([listing(key), submitting(key, audio)])),
    ...realtime.map((key) => again([speaking(key)])),
  ];
  return {
    async stop() {
      stopping.abort();
      await Promise.all(running);
      return tally;
    },
  };
}

const listing = (key: string) => async (server: Address) =>
  (await ask(server, '/v2/jobs?limit=1', { key })).status;

const submitting = (key: string, audio: Uint8Array<ArrayBuffer>) => async (server: Address) =>
  (await ask(server, '/v2/jobs', { method: 'POST', key, body: jobForm(audio) })).status;

const speaking = (key: string) => async (server: Address) => {
  try {
    const session = await RealtimeClient.start(server, { key });
    session.close();
    await session.closed;
    return 101;
  } catch (error) {
    const status = /Unexpected server response: (\d+)/.exec(String(error))?.[1];
    if (status === undefined) throw error;
    return Number(status);
  }
};
