import type { Item } from '../item.ts';
import { FilterProcess } from './filter-process.ts';
import { createFilter, type FilterConfig, takesLong } from './filters.ts';

/** What is to be filtered. */
export interface FilterTask {
  /** In spoken order, one list for each channel. */
  readonly channels: readonly (readonly Item[])[];
  readonly config: FilterConfig;
  /** ISO 639 code. */
  readonly language: string;
}

/**
 * The words of a recording as its config wants them printed. What may take long, entities and regular expressions, is
 * done in a process of its own, which gives way to the server. Throws `job_rejected` when a replacement makes a word
 * too long, and the signal's reason once it is aborted.
 */
export async function applyFilters(task: FilterTask, signal: AbortSignal): Promise<Item[][]> {
  signal.throwIfAborted();
  const { channels, config, language } = task;
  if (!takesLong(config, language)) return channels.map(await createFilter(config, language));
  const process = new FilterProcess();
  const stop = () => void process.close(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const setup = { id: 0, config, language };
    const filtered = await Promise.all(channels.map((items) => process.filter(setup, items)));
    return filtered.map(({ items }) => items);
  } finally {
    signal.removeEventListener('abort', stop);
    await process.close();
  }
}
