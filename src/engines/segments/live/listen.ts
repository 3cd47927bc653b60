import type { Item } from '../../../transcripts/item.ts';
import { abortable } from '../../abortable.ts';
import type { ListenOptions, LiveAudio, Update } from '../../engine.ts';
import { FrameCutter, SAMPLE_RATE } from '../frames.ts';
import { type Segment, Segmenter, SPEECH_STARTS } from '../segmenter.ts';
import type { VoiceFrame } from '../voice-activity.ts';

/** An engine that recognises stretches of speech. */
export interface Ear {
  /** Judges frames that follow each other. */
  readonly judge: (samples: Float32Array) => Promise<VoiceFrame>;
  /** What is said in a segment, in seconds of the whole audio; one that is not whole comes again, longer. */
  readonly transcribe: (segment: Segment, isWhole: boolean) => Promise<readonly Item[]>;
  /** Longest segment it takes, if it is not the usual one. */
  readonly maxSegmentSeconds?: number;
}

/** To recognise the open segment again costs time, in proportion to how often it is done. */
const GUESS_EVERY_SECONDS = 0.5;
/** Of the time at most half, so that an engine with too many listeners does not fall behind for its guesses. */
const SECONDS_PER_GUESSING_SECOND = 2;
/** What is final of an open segment is forgotten once the segment is longer. */
const LONG_SECONDS = 8;

/**
 * Listens with an engine for stretches: when a segment is complete, all of it is final. What is said in the open one is
 * guessed again and again; of a guess that is final which is as old as the delay allows, and the next guess is taken
 * from there.
 */
export async function* listenBySegments(
  ear: Ear,
  audio: LiveAudio,
  options: ListenOptions,
  signal: AbortSignal,
): AsyncGenerator<Update> {
  const listener = new Listener(ear, options);
  for await (const part of abortable(audio, signal)) {
    if (part instanceof Float32Array) yield* listener.hear(part);
    else if (part.type === 'change') listener.options = part.options;
    else yield await listener.endUtterance('request');
  }
  yield* listener.finish();
}

class Listener {
  options: ListenOptions;
  private readonly ear: Ear;
  private readonly cutter = new FrameCutter();
  private readonly segmenter: Segmenter;
  private heardSamples = 0;
  private silentSamples = 0;
  private guessedAtSeconds = 0;
  /** How long the last guess took. */
  private guessingSeconds = 0;
  private hasOpenGuess = false;
  private finalSeconds = 0;
  /** Where the last final item ended, and whether that was a mark. */
  private said = { untilSeconds: 0, hasMark: true };
  private isInUtterance = false;

  constructor(ear: Ear, options: ListenOptions) {
    this.ear = ear;
    this.segmenter = new Segmenter(ear.maxSegmentSeconds);
    this.options = options;
  }

  async *hear(chunk: Float32Array): AsyncGenerator<Update> {
    for (const samples of this.cutter.push(chunk)) yield* this.hearFrame(samples);
    const guess = await this.guess();
    if (guess) yield guess;
  }

  /** All is final, and what is said from here on is another utterance. */
  async endUtterance(utteranceEnd: 'silence' | 'request'): Promise<Update> {
    const finals = await this.complete(this.segmenter.finish());
    this.isInUtterance = false;
    return { ...this.update(finals, [], this.heardSeconds), utteranceEnd };
  }

  async *finish(): AsyncGenerator<Update> {
    const rest = this.cutter.rest();
    if (rest) yield* this.hearFrame(rest);
    yield this.update(await this.complete(this.segmenter.finish()), [], this.heardSeconds);
  }

  private get heardSeconds(): number {
    return this.heardSamples / SAMPLE_RATE;
  }

  private async *hearFrame(samples: Float32Array): AsyncGenerator<Update> {
    const frame = await this.ear.judge(samples);
    const segment = this.segmenter.push(frame);
    this.heardSamples += samples.length;
    this.silentSamples = frame.speech >= SPEECH_STARTS ? 0 : this.silentSamples + samples.length;
    if (segment) {
      const { hasOpenGuess } = this;
      const finals = await this.complete(segment);
      if (hasOpenGuess || finals.length > 0) yield this.update(finals, [], endOf(segment));
    }
    if (!this.isSilentEnough()) return;
    const { isInUtterance } = this;
    const ending = await this.endUtterance('silence');
    if (isInUtterance || ending.finals.length > 0) yield ending;
  }

  private isSilentEnough(): boolean {
    const { silenceSeconds } = this.options;
    if (silenceSeconds === 0 || this.silentSamples < silenceSeconds * SAMPLE_RATE) return false;
    return this.isInUtterance || this.segmenter.open() !== undefined;
  }

  /** What is said in the open segment, if it is time to ask. */
  private async guess(): Promise<Update | undefined> {
    const { hasPartials, maxDelaySeconds } = this.options;
    const everySeconds = Math.max(
      GUESS_EVERY_SECONDS,
      hasPartials ? 0 : maxDelaySeconds / 2,
      this.guessingSeconds * SECONDS_PER_GUESSING_SECOND,
    );
    if (this.heardSeconds - this.guessedAtSeconds < everySeconds) return undefined;
    const open = this.segmenter.open();
    if (!open) return undefined;
    this.guessedAtSeconds = this.heardSeconds;
    const startedMs = performance.now();
    const items = this.following(await this.ear.transcribe(open, false));
    this.guessingSeconds = (performance.now() - startedMs) / 1_000;
    // The next guess would be too late for what is due before it.
    const due = countDue(items, this.heardSeconds + everySeconds - maxDelaySeconds);
    const finals = items.slice(0, due);
    this.accept(finals);
    if (finals.length > 0 && open.samples.length > LONG_SECONDS * SAMPLE_RATE) {
      this.segmenter.forgetBefore(this.said.untilSeconds);
    }
    this.hasOpenGuess = hasPartials;
    return hasPartials || finals.length > 0
      ? this.update(finals, hasPartials ? items.slice(due) : [], this.said.untilSeconds)
      : undefined;
  }

  /** The items of a complete segment that are not final yet; now they are. */
  private async complete(segment: Segment | undefined): Promise<Item[]> {
    const finals = segment ? this.following(await this.ear.transcribe(segment, true)) : [];
    this.accept(finals);
    this.hasOpenGuess = false;
    return finals;
  }

  private accept(finals: readonly Item[]): void {
    const last = finals.at(-1);
    if (!last) return;
    this.said = { untilSeconds: last.endSeconds, hasMark: last.type === 'punctuation' };
    this.isInUtterance = true;
  }

  /** Leaves out what is final already. A guess places the same word a little differently: its middle decides. */
  private following(items: readonly Item[]): Item[] {
    const { untilSeconds, hasMark } = this.said;
    const isNew = ({ type, startSeconds, endSeconds }: Item) =>
      type === 'word' && (startSeconds + endSeconds) / 2 > untilSeconds;
    const word = items.findIndex(isNew);
    let first = word < 0 ? items.length : word;
    while (!hasMark && first > 0 && items[first - 1]?.type === 'punctuation') first -= 1;
    return items.slice(first).map((item) => ({
      ...item,
      startSeconds: Math.max(untilSeconds, item.startSeconds),
      endSeconds: Math.max(untilSeconds, item.endSeconds),
    }));
  }

  private update(finals: readonly Item[], partials: readonly Item[], finalSeconds: number): Update {
    this.finalSeconds = Math.max(this.finalSeconds, finalSeconds);
    return { finals, finalSeconds: this.finalSeconds, partials, heardSeconds: this.heardSeconds };
  }
}

const endOf = ({ startSample, samples }: Segment): number => (startSample + samples.length) / SAMPLE_RATE;

/**
 * How many items end before a time. A mark belongs to the word before it, unless it is the last of all: a guess likes to
 * end with a full stop.
 */
function countDue(items: readonly Item[], untilSeconds: number): number {
  const later = items.findIndex(({ type, endSeconds }) => type === 'word' && endSeconds > untilSeconds);
  return later < 0 ? items.findLastIndex(({ type }) => type === 'word') + 1 : later;
}
