import type { TranscriptionConfig } from '@speechmatics/real-time-client-react';

/** What a person chooses about how they are heard. */
export interface SessionOptions {
  readonly language: string;
  /** Longest time from a word to its final form. */
  readonly maxDelaySeconds: number;
  readonly hasPartials: boolean;
  readonly hasPunctuation: boolean;
  readonly hasEntities: boolean;
}

export const DEFAULT_OPTIONS: SessionOptions = {
  language: 'en',
  maxDelaySeconds: 1,
  hasPartials: true,
  hasPunctuation: true,
  hasEntities: false,
};

/** Numbers and dates are written as figures in English alone. */
export const offersEntities = (language: string): boolean => language === 'en';

/** The options as the real-time API takes them. */
export const transcriptionConfig = (options: SessionOptions): TranscriptionConfig => ({
  language: options.language,
  max_delay: options.maxDelaySeconds,
  enable_partials: options.hasPartials,
  ...(!options.hasPunctuation && { punctuation_overrides: { permitted_marks: [] } }),
  ...(options.hasEntities && offersEntities(options.language) && { enable_entities: true }),
});
