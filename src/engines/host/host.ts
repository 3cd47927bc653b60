import type { Item } from '../../transcripts/item.ts';
import { untilAborted } from '../abortable.ts';
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
} from '../engine.ts';
import type { EngineSpec } from '../registry.ts';
import { type EngineDescription, EngineProcess } from './engine-process.ts';

/**
 * An engine of the registry that runs in a process of its own. A crash there fails the calls in progress
 * with a retryable `EngineError`; the next call starts a new process.
 */
export class Host implements Engine {
  readonly name: string;
  readonly version: string;
  readonly capabilities: Capabilities;
  private readonly spec: EngineSpec;
  private readonly closing = new AbortController();
  private running: EngineProcess | undefined;
  private restartCount = 0;
  private starting: Promise<EngineProcess> | undefined;

  /** Starts no process yet. `description`: what this engine said of itself in another process. */
  constructor(spec: EngineSpec, description: EngineDescription) {
    this.name = spec.name;
    this.version = description.version;
    this.capabilities = description.capabilities;
    this.spec = spec;
  }

  /** Makes a host whose process is loaded. Throws `EngineError` when the engine cannot be loaded. */
  static async start(spec: EngineSpec): Promise<Host> {
    const first = await EngineProcess.start(spec, new AbortController().signal);
    const host = new Host(spec, first.description);
    host.running = first;
    return host;
  }

  /** Process id of the running child. */
  get pid(): number | undefined {
    return this.isWarm ? this.running?.pid : undefined;
  }

  /** Processes started in place of one that had ended. */
  get restarts(): number {
    return this.restartCount;
  }

  /** A process is loaded, so a call starts at once. */
  get isWarm(): boolean {
    return this.running?.isAlive ?? false;
  }

  async *recognizeFile(audio: Audio, options: RecognizeOptions, signal: AbortSignal): AsyncGenerator<Item> {
    const process = await untilAborted(this.warm(), signal);
    yield* process.run<Item>({ type: 'recognize', options }, () => audio, signal);
  }

  async *alignText(text: SpokenText, options: RecognizeOptions, signal: AbortSignal): AsyncGenerator<Item> {
    const process = await untilAborted(this.warm(), signal);
    yield* process.run<Item>({ type: 'align', options, words: text.words }, text.openAudio, signal);
  }

  async *listen(audio: LiveAudio, options: ListenOptions, signal: AbortSignal): AsyncGenerator<Update> {
    const process = await untilAborted(this.warm(), signal);
    yield* process.run<Update>({ type: 'listen', options }, () => audio, signal);
  }

  /** Starts to load, for calls to come; one that fails will be told why. */
  prepare(): void {
    this.warm().catch(() => {});
  }

  async close(): Promise<void> {
    this.closing.abort(new EngineError('the engine is closed', { retryable: false }));
    await this.starting?.catch(() => {});
    await this.running?.stop();
  }

  private start(): Promise<EngineProcess> {
    if (this.running) this.restartCount += 1;
    return EngineProcess.start(this.spec, this.closing.signal);
  }

  /** The running process, or a new one. */
  private async warm(): Promise<EngineProcess> {
    this.closing.signal.throwIfAborted();
    if (this.running?.isAlive) return this.running;
    this.starting ??= this.start();
    try {
      this.running = await this.starting;
      return this.running;
    } finally {
      this.starting = undefined;
    }
  }
}
