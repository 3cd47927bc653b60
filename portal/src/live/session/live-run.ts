import type { AudioSource } from '../audio/audio-source.ts';

/** What the server has not acknowledged after this time will not arrive: the network is gone without a word. */
const ANSWER_LIMIT_MILLISECONDS = 15_000;

/** One session, from the press of Start until nothing more comes. */
export class LiveRun {
  readonly source: AudioSource;
  /** What ended the sound, when it was not the person. */
  cause: Error | undefined;
  isEnding = false;
  /** The server has said that it listens. */
  isHeard = false;
  private sentPieces = 0;
  private acknowledgedPieces = 0;
  private lastAnswerAt = performance.now();

  constructor(source: AudioSource) {
    this.source = source;
  }

  sent(): void {
    // Before, there was nothing to answer.
    if (this.sentPieces === this.acknowledgedPieces) this.lastAnswerAt = performance.now();
    this.sentPieces += 1;
  }

  acknowledged(count: number): void {
    this.acknowledgedPieces = count;
    this.lastAnswerAt = performance.now();
  }

  get isUnanswered(): boolean {
    const isWaiting = this.sentPieces > this.acknowledgedPieces;
    return isWaiting && performance.now() - this.lastAnswerAt > ANSWER_LIMIT_MILLISECONDS;
  }
}
