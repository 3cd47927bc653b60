import type { Item } from '../../transcripts/item.ts';
import type { Update } from '../engine.ts';
import { itemsOf } from './items.ts';
import type { EndOfUtterance, Transcript } from './messages.ts';

/** A final, its partial and the end of its utterance come one after the other: further apart, they are not waited for. */
const SAME_MOMENT_MS = 200;

/** Puts what an upstream says together to updates. In them nothing goes back, and nothing lies beyond the audio sent. */
export class Hearing {
  /** All audio up to here was heard, as far as the upstream has told. */
  heardSeconds = 0;
  /** Whether partials are wanted. */
  hasPartials: boolean;
  /** Requests to end an utterance that were not answered yet. */
  requests = 0;
  private readonly tell: (update: Update) => void;
  private finals: Item[] = [];
  private partials: readonly Item[] = [];
  private finalSeconds = 0;
  private lastEndSeconds = 0;
  /** The upstream says of what was asked for that it was; older ones do not. */
  private marksForced = false;
  private gathering: NodeJS.Timeout | undefined;

  constructor(hasPartials: boolean, tell: (update: Update) => void) {
    this.hasPartials = hasPartials;
    this.tell = tell;
  }

  /** @param sentSeconds how much audio was sent */
  transcript({ message, metadata, results, forced }: Transcript, sentSeconds: number): void {
    const isFinal = message === 'AddTranscript';
    if (!isFinal && !this.hasPartials) return;
    this.marksForced ||= forced === true;
    const items = itemsOf(results, this.lastEndSeconds, sentSeconds);
    this.partials = isFinal ? [] : items;
    if (isFinal) {
      this.finals.push(...items);
      this.lastEndSeconds = items.at(-1)?.endSeconds ?? this.lastEndSeconds;
      this.finalUntil(Math.max(metadata.end_time, this.lastEndSeconds), sentSeconds);
    }
    this.heardUntil(metadata.end_time, sentSeconds);
    if (forced || (isFinal && this.hasPartials)) this.gather();
    else this.update();
  }

  endOfUtterance({ metadata, forced }: EndOfUtterance, sentSeconds: number): void {
    this.marksForced ||= forced === true;
    const isRequested = this.requests > 0 && (forced === true || !this.marksForced);
    if (isRequested) this.requests -= 1;
    this.finalUntil(metadata.end_time, sentSeconds);
    this.partials = [];
    this.update(isRequested ? 'request' : 'silence');
  }

  /** All audio that was sent is final. */
  end(sentSeconds: number): void {
    this.finalUntil(sentSeconds, sentSeconds);
    this.partials = [];
    this.update();
  }

  /** Nothing more is told. */
  stop(): void {
    clearTimeout(this.gathering);
  }

  private gather(): void {
    clearTimeout(this.gathering);
    this.gathering = setTimeout(() => this.update(), SAME_MOMENT_MS);
  }

  private update(utteranceEnd?: 'silence' | 'request'): void {
    clearTimeout(this.gathering);
    const { finals, finalSeconds, partials, heardSeconds } = this;
    this.finals = [];
    this.tell({ finals, finalSeconds, partials, heardSeconds, ...(utteranceEnd && { utteranceEnd }) });
  }

  private finalUntil(seconds: number, sentSeconds: number): void {
    this.finalSeconds = Math.max(this.finalSeconds, Math.min(seconds, sentSeconds));
    this.heardUntil(seconds, sentSeconds);
  }

  private heardUntil(seconds: number, sentSeconds: number): void {
    this.heardSeconds = Math.max(this.heardSeconds, Math.min(seconds, sentSeconds));
  }
}
