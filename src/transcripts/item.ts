/**
 * What recognition produces and every transcript format prints: words and punctuation marks in time
 * order. Times are seconds from the start of the audio.
 */
export interface Item {
  readonly type: 'word' | 'punctuation';
  readonly content: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Probability in [0, 1]. */
  readonly confidence: number;
  /** Punctuation only: the mark ends a sentence. */
  readonly isEndOfSentence?: boolean;
}
