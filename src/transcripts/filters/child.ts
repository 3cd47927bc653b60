/** Entry of a process that filters words, of one recording or of all sessions. */
import { setPriority } from 'node:os';
import { LRUCache } from 'lru-cache';
import { AppError } from '../../errors/app-error.ts';
import { createFilter, type Filter } from './filters.ts';
import { type FilterAnswer, type FilteredItems, type FilterRequest, MAX_SETUPS } from './protocol.ts';

/** As the engines do, filters give way to the server. */
const LOWER_PRIORITY = 10;

setPriority(LOWER_PRIORITY);
const filters = new LRUCache<number, Promise<Filter>>({ max: MAX_SETUPS });
let lastAnswer = Promise.resolve();

process.on('disconnect', () => process.exit(0));
process.on('message', (request: FilterRequest) => {
  lastAnswer = lastAnswer
    .then(() => filterItems(request))
    .catch(errorAnswer)
    // A failure means that the server is gone, and then 'disconnect' ends this process.
    .then((answer: FilterAnswer) => void process.send?.(answer, undefined, undefined, () => {}));
});

async function filterItems({ setupId, setup, items, hold }: FilterRequest): Promise<FilteredItems> {
  if (setup) filters.set(setupId, createFilter(setup.config, setup.language));
  const filter = await filters.get(setupId);
  if (!filter) throw new TypeError('no filter is set up by this id');
  const heldFrom = hold ? await openFrom(items) : items.length;
  return { items: filter(items.slice(0, heldFrom)), heldFrom };
}

async function openFrom(items: FilterRequest['items']): Promise<number> {
  return (await import('./entities/open-entity.ts')).openFrom(items);
}

function errorAnswer(error: unknown): FilterAnswer {
  if (error instanceof AppError) return { rejection: error.detail ?? error.message };
  const { name, stack = '' } = error instanceof Error ? error : new TypeError();
  // Its message may quote what was said.
  return { failure: `${name} ${/^\s+(at .*)$/m.exec(stack)?.[1] ?? ''}` };
}
