import { text } from 'node:stream/consumers';
import type { Clock } from '../../base/clock.ts';
import { BlobNotFound, type BlobStore } from '../../storage/blob-store.ts';

/**
 * What happened to a job, for its owner: one line per event, with its time. Numbers and stages only, never a word of
 * the audio, a name or an address. It is stored as it grows, so that it can be read while the job runs.
 */
export interface JobLog {
  /** Adds a line; nobody waits for it, and a job does not fail for want of its log. */
  note(event: string): void;
  /** Resolves once every line so far is stored, or could not be. */
  stored(): Promise<void>;
}

/** Opens the log of a job, with what earlier attempts have written. */
export async function openJobLog(store: BlobStore, key: string, clock: Clock): Promise<JobLog> {
  let lines = await earlier(store, key);
  let storedLines = lines;
  let storing: Promise<void> | undefined;

  /** One write at a time; lines that come meanwhile go together. */
  async function storeAll(): Promise<void> {
    while (storedLines !== lines) {
      storedLines = lines;
      await store.put(key, Buffer.from(lines)).catch(() => {});
    }
    storing = undefined;
  }

  return {
    note(event) {
      lines += `${new Date(clock.now()).toISOString()} ${event}\n`;
      storing ??= storeAll();
    },
    stored: async () => storing,
  };
}

async function earlier(store: BlobStore, key: string): Promise<string> {
  try {
    return await text(await store.get(key));
  } catch (error) {
    if (error instanceof BlobNotFound) return '';
    throw error;
  }
}
