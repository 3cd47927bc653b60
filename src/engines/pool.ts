import type { Item } from '../transcripts/item.ts';
import { untilAborted } from './abortable.ts';
import {
  type Audio,
  type Capabilities,
  type Engine,
  EngineError,
  type ListenOptions,
  type LiveAudio,
  type RecognizeOptions,
  type SpokenText,
  type Update,
} from './engine.ts';
import { Host } from './host/host.ts';
import type { EngineSpec } from './registry.ts';

interface Waiter {
  readonly signal: AbortSignal;
  readonly take: (host: Host) => void;
  readonly fail: (error: EngineError) => void;
}

/** Somebody waits for live audio, nobody for the next second of a recording. */
const LIVE_NICENESS = 5;

interface Sizes {
  /** For recordings. */
  readonly processes: number;
  /** For live audio, which a recording in the same process would hold up. */
  readonly liveProcesses: number;
}

/**
 * Several engine processes behind one `Engine`: one recording per process, further ones wait in the order they
 * came; live audio has processes of its own, is spread over them and waits for nothing. Processes after the first are
 * forked when a call needs one; a crashed one is replaced by the next call.
 */
export class EnginePool implements Engine {
  readonly name: string;
  readonly version: string;
  readonly capabilities: Capabilities;
  private readonly hosts: readonly [Host, ...Host[]];
  private readonly liveHosts: readonly [Host, ...Host[]];
  private readonly idle: Host[];
  private readonly waiting: Waiter[] = [];
  private readonly listeners = new Map<Host, number>();
  private isClosed = false;

  /** Loads the first process. Throws `EngineError` when the engine cannot be loaded. */
  static async start(spec: EngineSpec, { processes, liveProcesses }: Sizes): Promise<EnginePool> {
    const first = await Host.start(spec);
    const live = { ...spec, niceness: LIVE_NICENESS };
    const hosts = (of: EngineSpec, count: number) => Array.from({ length: count }, () => new Host(of, first));
    return new EnginePool(
      [first, ...hosts(spec, processes - 1)],
      [new Host(live, first), ...hosts(live, liveProcesses - 1)],
    );
  }

  private constructor(hosts: readonly [Host, ...Host[]], liveHosts: readonly [Host, ...Host[]]) {
    ({ name: this.name, version: this.version, capabilities: this.capabilities } = hosts[0]);
    this.hosts = hosts;
    this.liveHosts = liveHosts;
    this.idle = [...hosts];
  }

  /** Process ids of the running children. */
  get pids(): number[] {
    return [...this.hosts, ...this.liveHosts].flatMap((host) => host.pid ?? []);
  }

  /** Processes started in place of one that had ended. */
  get restarts(): number {
    return [...this.hosts, ...this.liveHosts].reduce((sum, host) => sum + host.restarts, 0);
  }

  recognizeFile(audio: Audio, options: RecognizeOptions, signal: AbortSignal): AsyncGenerator<Item> {
    return this.onHost((host) => host.recognizeFile(audio, options, signal), signal);
  }

  alignText(text: SpokenText, options: RecognizeOptions, signal: AbortSignal): AsyncGenerator<Item> {
    return this.onHost((host) => host.alignText(text, options, signal), signal);
  }

  /** Takes no process for itself: live audio leaves most of its time to others. */
  async *listen(audio: LiveAudio, options: ListenOptions, signal: AbortSignal): AsyncGenerator<Update> {
    signal.throwIfAborted();
    if (this.isClosed) throw closedError();
    const host = this.listener();
    this.listeners.set(host, this.listenersOf(host) + 1);
    try {
      yield* host.listen(audio, options, signal);
    } finally {
      this.listeners.set(host, this.listenersOf(host) - 1);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const waiter of this.waiting.splice(0)) waiter.fail(closedError());
    await Promise.all([...this.hosts, ...this.liveHosts].map((host) => host.close()));
  }

  /** The least listening one; while none is loaded, one for recordings that is and has nothing to do. */
  private listener(): Host {
    const loadOf = (host: Host) => this.listenersOf(host) + (host.isWarm ? 0 : 0.5);
    const best = this.liveHosts.reduce((least, host) => (loadOf(host) < loadOf(least) ? host : least));
    if (this.liveHosts.some(({ isWarm }) => isWarm)) return best;
    best.prepare();
    return this.idle.find((host) => host.isWarm && this.listenersOf(host) === 0) ?? best;
  }

  private listenersOf(host: Host): number {
    return this.listeners.get(host) ?? 0;
  }

  private async *onHost(
    call: (host: Host) => AsyncGenerator<Item>,
    signal: AbortSignal,
  ): AsyncGenerator<Item> {
    const host = await this.acquire(signal);
    try {
      yield* call(host);
    } finally {
      this.release(host);
    }
  }

  private async acquire(signal: AbortSignal): Promise<Host> {
    signal.throwIfAborted();
    if (this.isClosed) throw closedError();
    const warm = this.idle.findIndex((host) => host.isWarm);
    const [free] = this.idle.splice(Math.max(0, warm), 1);
    if (free) return free;
    const turn = new Promise<Host>((take, fail) => this.waiting.push({ signal, take, fail }));
    return untilAborted(turn, signal);
  }

  private release(host: Host): void {
    let next = this.waiting.shift();
    while (next?.signal.aborted) next = this.waiting.shift();
    if (next) next.take(host);
    else this.idle.push(host);
  }
}

function closedError(): EngineError {
  return new EngineError('the engine is closed', { retryable: false });
}
