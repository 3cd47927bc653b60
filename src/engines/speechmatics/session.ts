import { SAMPLE_RATE } from '../../audio/sample-rate.ts';
import { waitAtMost } from '../../base/abort.ts';
import { untilAborted } from '../abortable.ts';
import type { ListenOptions, LiveAudio, LiveRequest, Update } from '../engine.ts';
import { Connection, type Listener } from './connection.ts';
import { endedEarly, errorOfType, notStarted, silent } from './failures.ts';
import { Hearing } from './hearing.ts';
import { setRecognitionConfig, startRecognition, type UpstreamMessage } from './messages.ts';
import { piecesOf, toPcm } from './pcm.ts';
import type { Limits, Upstream } from './upstream.ts';

/** Messages with audio that the upstream has not confirmed, as one of the official clients bounds them. */
const MAX_UNCONFIRMED = 512;
/** Audio beyond what the upstream is known to have heard is sent slower: it may be behind, or hear silence and say nothing. */
const MAX_AHEAD_SECONDS = 30;
/** Times real time. */
const SLOW_PACE = 10;
/** While so many updates wait for somebody to ask for them, no audio is sent. */
const MAX_UPDATES = 32;
/** For audio that is left to clean up; it might stall. */
const LEAVE_MS = 500;

/** One real-time session with the upstream. Whatever ends it early is what `updates` throws. */
export class UpstreamSession implements Listener {
  private readonly connection: Connection;
  private readonly hearing: Hearing;
  private readonly limits: Limits;
  private readonly over = new AbortController();
  private readonly ready: Update[] = [];
  private options: ListenOptions;
  private isStarted = false;
  /** EndOfStream was sent. */
  private isEnded = false;
  /** EndOfTranscript came. */
  private isDone = false;
  private sentMessages = 0;
  private sentSamples = 0;
  private confirmedMessages = 0;
  private readonly starting: NodeJS.Timeout;
  private answering: NodeJS.Timeout | undefined;
  private wake: () => void = () => {};
  private change = this.nextChange();

  /** @param signal cuts it */
  constructor(upstream: Upstream, options: ListenOptions, limits: Limits, signal: AbortSignal) {
    this.options = options;
    this.limits = limits;
    this.hearing = new Hearing(options.hasPartials, (update) => {
      this.ready.push(update);
      this.changed();
    });
    this.starting = setTimeout(() => this.failed(notStarted()), limits.startMs);
    this.connection = new Connection(upstream, this);
    const abort = () => this.failed(signal.reason);
    signal.addEventListener('abort', abort, { once: true, signal: this.over.signal });
  }

  /** The upstream takes audio. Rejects if it does not. */
  started(): Promise<void> {
    return this.until(() => this.isStarted);
  }

  /** What is heard, up to the end of the audio. */
  async *updates(): AsyncGenerator<Update> {
    for (;;) {
      await this.until(() => this.ready.length > 0 || this.isDone);
      const update = this.ready.shift();
      if (!update) return;
      this.changed();
      yield update;
    }
  }

  /** Once started: sends audio, and the requests in it, as the upstream takes it. Never rejects: what goes wrong ends the session. */
  async send(audio: LiveAudio): Promise<void> {
    const parts = audio[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await untilAborted(parts.next(), this.over.signal);
        if (next.done) break;
        await this.sendPart(next.value);
      }
      this.isEnded = true;
      this.connection.send({ message: 'EndOfStream', last_seq_no: this.sentMessages });
      this.expectAnswer();
    } catch (error) {
      this.failed(error);
    } finally {
      await waitAtMost(
        LEAVE_MS,
        Promise.resolve(parts.return?.()).catch(() => {}),
      );
    }
  }

  /** Lets go of the upstream: in peace when all was said, else at once. */
  end(reason: unknown): void {
    if (this.isDone) this.connection.close();
    else this.failed(reason);
  }

  opened(): void {
    this.connection.send(startRecognition(this.options));
  }

  received(message: UpstreamMessage): void {
    if (this.over.signal.aborted) return;
    this.obey(message);
    clearTimeout(this.answering);
    this.answering = undefined;
    this.expectAnswer();
    this.changed();
  }

  failed(error: unknown): void {
    if (this.over.signal.aborted) return;
    this.over.abort(error);
    for (const timer of [this.starting, this.answering]) clearTimeout(timer);
    this.hearing.stop();
    this.connection.cut();
    this.changed();
  }

  private obey(message: UpstreamMessage): void {
    switch (message.message) {
      case 'RecognitionStarted':
        clearTimeout(this.starting);
        this.isStarted = true;
        break;
      case 'AudioAdded':
        this.confirmedMessages = message.seq_no;
        break;
      case 'AddTranscript':
      case 'AddPartialTranscript':
        this.hearing.transcript(message, this.sentSeconds);
        break;
      case 'EndOfUtterance':
        this.hearing.endOfUtterance(message, this.sentSeconds);
        break;
      case 'EndOfTranscript':
        if (!this.isEnded) throw endedEarly();
        this.hearing.end(this.sentSeconds);
        this.isDone = true;
        break;
      case 'Error':
        throw errorOfType(message.type);
    }
  }

  private async sendPart(part: Float32Array | LiveRequest): Promise<void> {
    if (part instanceof Float32Array) {
      for (const piece of piecesOf(part)) {
        await this.room(piece.length / SAMPLE_RATE);
        this.sentMessages += 1;
        this.sentSamples += piece.length;
        this.connection.send(toPcm(piece));
        this.expectAnswer();
      }
    } else if (part.type === 'change') {
      this.options = part.options;
      this.hearing.hasPartials = part.options.hasPartials;
      this.connection.send(setRecognitionConfig(part.options));
    } else {
      this.hearing.requests += 1;
      // Without a timestamp it is about all that was sent before.
      this.connection.send({ message: 'ForceEndOfUtterance' });
    }
  }

  /** Waits until audio of this length may be sent. */
  private async room(seconds: number): Promise<void> {
    let isDue = this.isNear;
    const beDue = () => {
      isDue = true;
      this.changed();
    };
    const pacing = isDue ? undefined : setTimeout(beDue, (seconds * 1_000) / SLOW_PACE);
    const isRoom = () =>
      this.sentMessages - this.confirmedMessages < MAX_UNCONFIRMED &&
      this.ready.length < MAX_UPDATES &&
      (isDue || this.isNear);
    await this.until(isRoom).finally(() => clearTimeout(pacing));
  }

  /** An upstream that owes an answer and says nothing at all is gone, whatever its connection looks like. */
  private expectAnswer(): void {
    const isOwed = !this.isDone && (this.isEnded || this.confirmedMessages < this.sentMessages);
    if (isOwed) this.answering ??= setTimeout(() => this.failed(silent()), this.limits.answerMs);
  }

  private get sentSeconds(): number {
    return this.sentSamples / SAMPLE_RATE;
  }

  private get isNear(): boolean {
    return this.sentSeconds - this.hearing.heardSeconds < MAX_AHEAD_SECONDS;
  }

  /** Waits for a condition, which is looked at whenever something has changed. */
  private async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      this.over.signal.throwIfAborted();
      await this.change;
    }
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private changed(): void {
    const { wake } = this;
    this.change = this.nextChange();
    wake();
  }
}
