/** Entry of a process that filters the words of one recording. */
import { setPriority } from 'node:os';
import { AppError } from '../../errors/app-error.ts';
import { type FilterAnswer, type FilterTask, filterChannels } from './apply-filters.ts';

/** As the engines do, filters give way to the server. */
const LOWER_PRIORITY = 10;

process.on('disconnect', () => process.exit(0));
process.once('message', (task: FilterTask) => {
  setPriority(LOWER_PRIORITY);
  void filterChannels(task)
    .then((channels): FilterAnswer => ({ channels }), rejectionOf)
    .then((answer) => process.send?.(answer));
});

function rejectionOf(error: unknown): FilterAnswer {
  if (error instanceof AppError) return { rejection: error.detail ?? error.message };
  throw error;
}
