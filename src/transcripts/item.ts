/** A hesitation ("um"), or a word not fit for all ears. */
export type Tag = 'disfluency' | 'profanity';

/**
 * What recognition produces and every transcript format prints: words and punctuation marks in time
 * order. Times are seconds from the start of the audio.
 */
export interface Item {
  readonly type: 'word' | 'punctuation' | 'entity';
  /** Of an entity: its written form. */
  readonly content: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Probability in [0, 1]. */
  readonly confidence: number;
  /** Punctuation only: the mark ends a sentence. */
  readonly isEndOfSentence?: boolean;
  /** Who speaks, `S1` or an enrolled label. Absent: nobody was told apart. */
  readonly speaker?: string;
  /** Label of the audio channel. Absent: channels were not told apart. */
  readonly channel?: string;
  /** How loud it was said, in [0, 100]. Absent: it was not measured. */
  readonly volume?: number;
  /** Words only. */
  readonly tags?: readonly Tag[];
  /** Of type `entity`, and of no other. */
  readonly entity?: Entity;
}

/** Words that mean one value, such as a date, as they were said and as they are written. */
export interface Entity {
  readonly class: EntityClass;
  /** Words, and marks between them. */
  readonly spoken: readonly Item[];
  /** Words only; they share the time of the spoken ones. */
  readonly written: readonly Item[];
}

/** Those of the documented classes that are found here. */
export type EntityClass = 'cardinal' | 'date' | 'decimal' | 'money' | 'ordinal' | 'percentage' | 'time';
