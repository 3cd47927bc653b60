import type { JsonV2 } from './json-v2.ts';

/** A word as text formats print it, with the marks that follow it. */
export interface PrintedWord {
  readonly text: string;
  /** Seconds from the start of the audio. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly endsSentence: boolean;
}

/**
 * Words of a transcript in order, each joined with the punctuation that attaches to it. A mark before the
 * first word is dropped, as the official converter does.
 */
export function printedWords({ results }: JsonV2): PrintedWord[] {
  const words: PrintedWord[] = [];
  for (const result of results) {
    const { content } = result.alternatives[0];
    const last = words.at(-1);
    if (result.type === 'word') {
      const { start_time: startSeconds, end_time: endSeconds } = result;
      words.push({ text: content, startSeconds, endSeconds, endsSentence: false });
    } else if (last) {
      words[words.length - 1] = {
        ...last,
        text: last.text + content,
        endsSentence: last.endsSentence || result.is_eos,
      };
    }
  }
  return words;
}
