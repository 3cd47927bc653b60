import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { LRUCache } from 'lru-cache';
import { forkModule } from '../../base/fork-module.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Item } from '../item.ts';
import {
  type FilterAnswer,
  type FilteredItems,
  type FilterRequest,
  type FilterSetup,
  MAX_SETUPS,
} from './protocol.ts';

interface Call {
  readonly setup: FilterSetup;
  readonly request: Omit<FilterRequest, 'setup'>;
  readonly resolve: (answer: FilterAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Filters in a process of low priority, one call after the other. It is forked when there is something to do. When it
 * dies, or is at one call for too long and is killed, that call fails, and a new process does the others.
 */
export class FilterProcess {
  private readonly timeLimitMs: number | undefined;
  private readonly calls: Call[] = [];
  /** Those that the process remembers: it forgets at the same turn, being used in the same order. */
  private readonly known = new LRUCache<number, true>({ max: MAX_SETUPS });
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed: { readonly reason: unknown } | undefined;

  /** @param timeLimitMs of one call, the start of the process included; absent: none */
  constructor(timeLimitMs?: number) {
    this.timeLimitMs = timeLimitMs;
  }

  /** Process id, while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Throws `job_rejected` as the filter does, `Error` when the process fails, and the reason once it is closed. */
  async filter(setup: FilterSetup, items: readonly Item[], hold = false): Promise<FilteredItems> {
    if (this.closed) throw this.closed.reason;
    const answer = await new Promise<FilterAnswer>((resolve, reject) => {
      const call = { setup, request: { setupId: setup.id, items, hold }, resolve, reject };
      this.calls.push(call);
      if (!this.child) this.start();
      else {
        this.send(this.child, call);
        if (this.calls.length === 1) this.restartTimer();
      }
    });
    if ('rejection' in answer) throw new AppError('job_rejected', { detail: answer.rejection });
    if ('failure' in answer) throw new Error(`the text filters failed: ${answer.failure}`);
    return answer;
  }

  /** Kills the process; calls under way, and later ones, throw the reason. */
  async close(reason: unknown = new Error('the text filters are closed')): Promise<void> {
    this.closed ??= { reason };
    const { child, closed } = this;
    this.child = undefined;
    for (const call of this.calls.splice(0)) call.reject(closed.reason);
    this.restartTimer();
    if (child?.kill('SIGKILL')) await once(child, 'exit');
  }

  private start(): void {
    const child = forkModule(import.meta.url, './child.ts', {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // It handles strangers' expressions and needs none of the server's secrets.
      env: {},
    });
    child.on('message', (answer: FilterAnswer) => {
      if (child !== this.child) return;
      this.calls.shift()?.resolve(answer);
      this.restartTimer();
    });
    child.on('exit', (code, signal) => this.lose(child, `ended early (${signal ?? code})`));
    child.on('error', () => this.lose(child, 'cannot be used'));
    this.child = child;
    this.known.clear();
    for (const call of this.calls) this.send(child, call);
    this.restartTimer();
  }

  private send(child: ChildProcess, { setup, request }: Call): void {
    const isKnown = this.known.get(setup.id) ?? false;
    if (!isKnown) this.known.set(setup.id, true);
    // A failure means that the process is gone, which its exit reports.
    if (child.connected) child.send({ ...request, setup: isKnown ? undefined : setup }, () => {});
  }

  /** Gives up a process, and with it the call it is at. */
  private lose(child: ChildProcess, why: string): void {
    if (child !== this.child) return;
    this.child = undefined;
    child.kill('SIGKILL');
    this.calls.shift()?.reject(new Error(`the process of the text filters ${why}`));
    if (this.calls.length > 0) this.start();
    else this.restartTimer();
  }

  private restartTimer(): void {
    clearTimeout(this.timer);
    const { child, timeLimitMs } = this;
    if (!child || timeLimitMs === undefined || this.calls.length === 0) return;
    this.timer = setTimeout(() => this.lose(child, 'took too long'), timeLimitMs);
  }
}
