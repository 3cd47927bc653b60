import type { Decoder, LiveFormat } from '../../audio/decoder.ts';
import { SAMPLE_RATE } from '../../audio/sample-rate.ts';
import { SAMPLE_BYTES } from '../../audio/samples.ts';
import { createVolumeMeter } from '../../audio/volume.ts';
import type { Clock } from '../../base/clock.ts';
import { type Engine, type ListenOptions, listen, type Update } from '../../engines/engine.ts';
import type { LiveFilters } from '../../transcripts/filters/live-filters.ts';
import type { Item } from '../../transcripts/item.ts';
import { withoutQuietWords } from '../../transcripts/quiet-words.ts';
import { type LiveConfig, modelOf, type SessionConfig } from '../protocol/session-config.ts';
import type { Request } from '../session/session.ts';
import { AudioQueue } from './audio-queue.ts';
import { LiveInput } from './live-input.ts';

export interface RecognitionDeps {
  readonly decoder: Pick<Decoder, 'decodeLive'>;
  readonly engine: Engine;
  readonly filters: LiveFilters;
  readonly clock: Clock;
}

/** Whom a recognition works for. */
export interface Client {
  /** Seconds of audio are about to be heard. Throws, or rejects, the `SessionError` when they are not to be. */
  spend(seconds: number): Promise<void> | undefined;
  heard(update: Update): void;
  /** Resolves once the client has taken most of what it was told. */
  isReading(): Promise<void> | undefined;
  /** Audio was taken from the queue. */
  taken(): void;
}

/**
 * Hears one stream of audio of a session: decodes it, listens with the engine, filters what was heard. Nothing is held
 * but audio that waits, and a client that does not read holds up what produces its words.
 */
export class Recognition {
  private readonly deps: RecognitionDeps;
  private readonly client: Client;
  private readonly config: SessionConfig;
  private readonly queue: AudioQueue;
  private readonly input = new LiveInput();
  private readonly meter = createVolumeMeter();
  private live: LiveConfig;
  private receivedBytes = 0;
  /** Words that may be the beginning of a value; they are final with the words after them. */
  private held: readonly Item[] = [];
  /** Since when the engine has had audio without asking for more. */
  private busySinceMs: number | undefined;

  constructor(deps: RecognitionDeps, config: SessionConfig, client: Client) {
    this.deps = deps;
    this.config = config;
    this.client = client;
    this.live = config.live;
    this.queue = new AudioQueue(() => client.taken());
  }

  /** Audio that waits. */
  get queuedBytes(): number {
    return this.queue.bytes;
  }

  /** How long the engine has been at the same piece of audio. */
  busyMs(nowMs: number): number {
    return this.busySinceMs === undefined ? 0 : nowMs - this.busySinceMs;
  }

  audio(bytes: Uint8Array): void {
    this.receivedBytes += bytes.length;
    this.queue.push(bytes);
  }

  endAudio(): void {
    this.queue.end();
  }

  request(request: Request, atSeconds?: number): void {
    if (request.type === 'end_utterance') this.input.request(request, atSeconds ?? this.receivedSeconds());
    else {
      this.live = request.live;
      this.input.request({ type: 'change', options: this.listenOptions() }, 0);
    }
  }

  /** Resolves when all audio was heard. Rejects with what went wrong, or the signal's reason. */
  async run(signal: AbortSignal): Promise<void> {
    const decoded = this.deps.decoder.decodeLive(this.queue, formatOf(this.config), signal);
    const audio = this.input.merge(this.passing(decoded));
    for await (const update of listen(this.deps.engine, audio, this.listenOptions(), signal)) {
      signal.throwIfAborted();
      await this.tell(update, true);
      await this.client.isReading();
    }
    if (this.held.length === 0) return;
    const endSeconds = this.held.at(-1)?.endSeconds ?? 0;
    await this.tell({ finals: [], finalSeconds: endSeconds, partials: [], heardSeconds: endSeconds }, false);
  }

  private async *passing(decoded: AsyncIterable<Float32Array>): AsyncGenerator<Float32Array> {
    for await (const chunk of decoded) {
      await this.client.spend(chunk.length / SAMPLE_RATE);
      this.meter.hear(chunk);
      this.busySinceMs = this.deps.clock.now();
      yield chunk;
      this.busySinceMs = undefined;
    }
  }

  private async tell(update: Update, mayHold: boolean): Promise<void> {
    const { filters } = this.deps;
    const { transcription } = this.config;
    const { language } = transcription;
    const finals = [...this.held, ...this.audible(update.finals)];
    const hold = mayHold && !this.live.isFixedDelay && update.utteranceEnd === undefined;
    const done = await filters.filter(finals, transcription, language, { hold });
    this.held = done.held;
    const open = [...done.held, ...this.audible(update.partials)];
    const partials = await filters.filter(open, transcription, language, { hold: false });
    this.meter.forgetBefore(update.finalSeconds);
    const [firstHeld] = done.held;
    this.client.heard({
      ...update,
      finals: done.items,
      finalSeconds: Math.min(update.finalSeconds, firstHeld?.startSeconds ?? update.finalSeconds),
      partials: partials.items,
    });
  }

  /** Words with their volume, where that is asked for, without the quiet ones. */
  private audible(items: readonly Item[]): readonly Item[] {
    const { volumeThreshold } = this.live;
    if (volumeThreshold === undefined) return items;
    const measured = items.map((item) =>
      item.type === 'word'
        ? { ...item, volume: this.meter.between(item.startSeconds, item.endSeconds) }
        : item,
    );
    return withoutQuietWords(measured, volumeThreshold);
  }

  /** Where the audio ends that was received; of a file only its decoder knows. */
  private receivedSeconds(): number {
    const { audio } = this.config;
    if (audio.type === 'file') return Number.POSITIVE_INFINITY;
    return this.receivedBytes / SAMPLE_BYTES[audio.encoding] / audio.sample_rate;
  }

  private listenOptions(): ListenOptions {
    const { maxDelaySeconds, hasPartials, silenceSeconds } = this.live;
    const { transcription } = this.config;
    const asked = { language: transcription.language, model: modelOf(transcription) };
    return { ...asked, maxDelaySeconds, hasPartials, silenceSeconds };
  }
}

function formatOf({ audio }: SessionConfig): LiveFormat {
  if (audio.type === 'file') return { type: 'file' };
  return { type: 'raw', encoding: audio.encoding, sampleRate: audio.sample_rate };
}
