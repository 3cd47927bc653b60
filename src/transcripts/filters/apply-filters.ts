import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { forkModule } from '../../base/fork-module.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Item } from '../item.ts';
import { createFilter, type FilterConfig } from './filters.ts';

/** What is to be filtered: to `child.ts`, and back as an answer. */
export interface FilterTask {
  /** In spoken order, one list for each channel. */
  readonly channels: readonly (readonly Item[])[];
  readonly config: FilterConfig;
  /** ISO 639 code. */
  readonly language: string;
}

export type FilterAnswer = { readonly channels: Item[][] } | { readonly rejection: string };

/**
 * The words of a recording as its config wants them printed. What may take long, entities and regular expressions, is
 * done in a process of its own, which gives way to the server. Throws `job_rejected` when a replacement makes a word
 * too long, and the signal's reason once it is aborted.
 */
export async function applyFilters(task: FilterTask, signal: AbortSignal): Promise<Item[][]> {
  signal.throwIfAborted();
  if (!takesLong(task.config)) return filterChannels(task);
  const child = forkModule(import.meta.url, './child.ts', {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // It handles strangers' expressions and needs none of the server's secrets.
    env: {},
  });
  try {
    child.send(task);
    const answer = await answerOf(child, signal);
    if ('rejection' in answer) throw new AppError('job_rejected', { detail: answer.rejection });
    return answer.channels;
  } finally {
    child.kill('SIGKILL');
  }
}

function takesLong({ enable_entities, transcript_filtering_config }: FilterConfig): boolean {
  const { replacements = [] } = transcript_filtering_config ?? {};
  return enable_entities === true || replacements.some(({ from }) => from.startsWith('/'));
}

export async function filterChannels({ channels, config, language }: FilterTask): Promise<Item[][]> {
  const filter = await createFilter(config, language);
  return channels.map(filter);
}

async function answerOf(child: ChildProcess, signal: AbortSignal): Promise<FilterAnswer> {
  const settled = new AbortController();
  const options = { signal: AbortSignal.any([signal, settled.signal]) };
  const ended = once(child, 'exit', options).then(() => {
    throw new Error('the process of the text filters ended early');
  });
  try {
    const [answer] = await Promise.race([once(child, 'message', options), ended]);
    return answer;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    settled.abort();
    ended.catch(() => {});
  }
}
