import type { RealtimeServerMessage, RecognitionResult } from '@speechmatics/real-time-client-react';

/** What a reader sees of a session. */
export interface Transcript {
  /** Heard for good. */
  readonly finals: string;
  /** The guess at what comes after; each takes the place of the one before. */
  readonly partial: string;
  /** Why there is no more. */
  readonly error: string;
}

export const EMPTY: Transcript = { finals: '', partial: '', error: '' };

/** What a message changes. */
export const hear =
  (data: RealtimeServerMessage) =>
  (before: Transcript): Transcript => {
    switch (data.message) {
      case 'AddTranscript':
        return { ...before, finals: before.finals + textOf(data.results) };
      case 'AddPartialTranscript':
        return { ...before, partial: textOf(data.results) };
      case 'Error':
        return fail(`${data.type}: ${data.reason}`)(before);
      default:
        return before;
    }
  };

/** The first reason says most. */
export const fail =
  (reason: string) =>
  (before: Transcript): Transcript => ({ ...before, error: before.error || reason });

/** Punctuation attaches to the word before it. */
const textOf = (results: readonly RecognitionResult[]): string =>
  results
    .map(({ attaches_to, alternatives: [best] = [] }) => `${attaches_to ? '' : ' '}${best?.content ?? ''}`)
    .join('');
