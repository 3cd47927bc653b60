import type { ChildProcess } from 'node:child_process';
import { forkModule } from '../../base/fork-module.ts';
import { untilAborted } from '../abortable.ts';
import { type Capabilities, EngineError } from '../engine.ts';
import type { EngineSpec } from '../registry.ts';
import type { FromChild, Output, Part, Task, ToChild } from './protocol.ts';
import { RemoteCall } from './remote-call.ts';

/** How long a process that was asked to end may take before it is killed. */
const EXIT_GRACE_MS = 2_000;
/** How long a process may take to confirm that it stopped a call; one that takes longer hangs. */
const STOP_GRACE_MS = 5_000;

export interface EngineDescription {
  readonly version: string;
  readonly capabilities: Capabilities;
}

/**
 * One engine process, from fork to exit. Its death, however it comes, fails the calls in progress with a
 * retryable `EngineError` and touches nothing else.
 */
export class EngineProcess {
  readonly description: EngineDescription;
  private readonly child: ChildProcess;
  private readonly exited: Promise<EngineError>;
  private readonly calls = new Map<number, RemoteCall>();
  private readonly stopTimers = new Map<number, NodeJS.Timeout>();
  private callCount = 0;
  private death: EngineError | undefined;

  /** Forks and waits until the engine is loaded. Throws `EngineError`, or the signal's reason once aborted. */
  static async start(spec: EngineSpec, signal: AbortSignal): Promise<EngineProcess> {
    signal.throwIfAborted();
    const child = forkModule(import.meta.url, './child.ts', {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // It handles strangers' audio and needs none of the server's secrets.
      env: {},
    });
    const exited = exitOf(child);
    try {
      const description = await untilAborted(Promise.race([load(child, spec), failWith(exited)]), signal);
      return new EngineProcess(child, exited, description);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  private constructor(child: ChildProcess, exited: Promise<EngineError>, description: EngineDescription) {
    this.child = child;
    this.exited = exited;
    this.description = description;
    child.on('message', (message: FromChild) => this.receive(message));
    void exited.then((death) => {
      this.death = death;
      for (const call of this.calls.values()) call.fail(death);
      for (const timer of this.stopTimers.values()) clearTimeout(timer);
    });
  }

  get isAlive(): boolean {
    return this.death === undefined;
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** As the engine's method of this task: `Item` for those that take a recording, `Update` for `listen`. */
  async *run<T extends Output>(
    task: Task,
    openAudio: () => AsyncIterable<Part>,
    signal: AbortSignal,
  ): AsyncGenerator<T> {
    signal.throwIfAborted();
    if (this.death) throw this.death;
    this.callCount += 1;
    const id = this.callCount;
    const call = new RemoteCall(id, openAudio, (message) => this.send(message));
    this.calls.set(id, call);
    this.send({ type: 'open', call: id, task });
    try {
      for (;;) {
        const item = await untilAborted(call.next(), signal);
        if (!item) return;
        yield item as T;
      }
    } finally {
      this.calls.delete(id);
      this.stopCall(id);
      await call.stop();
    }
  }

  /** Ends the process; it is killed if it does not end by itself within 2 s. */
  async stop(): Promise<void> {
    if (this.child.connected) this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), EXIT_GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** A process that does not even confirm is stuck in native code: only its death frees it for other calls. */
  private stopCall(id: number): void {
    if (this.death) return;
    this.send({ type: 'stop', call: id });
    this.stopTimers.set(
      id,
      setTimeout(() => this.child.kill('SIGKILL'), STOP_GRACE_MS),
    );
  }

  private receive(message: FromChild): void {
    if (message.type === 'stopped') {
      clearTimeout(this.stopTimers.get(message.call));
      this.stopTimers.delete(message.call);
    }
    if ('call' in message) this.calls.get(message.call)?.receive(message);
  }

  private send(message: ToChild): void {
    sendTo(this.child, message);
  }
}

function sendTo(child: ChildProcess, message: ToChild): void {
  // A failure means that the child is gone, which its exit reports.
  if (child.connected) child.send(message, () => {});
}

function load(child: ChildProcess, spec: EngineSpec): Promise<EngineDescription> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: FromChild) => {
      if (message.type === 'ready') resolve(message);
      if (message.type === 'load_failed') reject(new EngineError(message.message, { retryable: false }));
    });
    sendTo(child, { type: 'load', spec });
  });
}

function exitOf(child: ChildProcess): Promise<EngineError> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(new EngineError(`the engine process ended (${signal ?? code})`, { retryable: true }));
    });
    child.on('error', (cause) => {
      resolve(new EngineError('the engine process failed', { retryable: true, cause }));
    });
  });
}

async function failWith(error: Promise<EngineError>): Promise<never> {
  throw await error;
}
