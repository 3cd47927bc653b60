import type { JsonV2, Result } from './json-v2.ts';

/** A word, or the written form of an entity, as text formats print it, with the marks that follow it. */
export interface PrintedWord {
  readonly text: string;
  /** Seconds from the start of the audio. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly endsSentence: boolean;
  /** Absent: speakers were not told apart, or this one is not known. */
  readonly speaker?: string;
  readonly channel?: string;
}

/**
 * Words of a transcript in order, each joined with the punctuation that attaches to it. A mark before the
 * first word is dropped, as the official converter does.
 */
export function printedWords({ results }: JsonV2): PrintedWord[] {
  const words: PrintedWord[] = [];
  for (const result of results) {
    const { content, speaker } = result.alternatives[0];
    const last = words.at(-1);
    if (result.type !== 'punctuation') {
      words.push({
        text: content,
        startSeconds: result.start_time,
        endSeconds: result.end_time,
        endsSentence: false,
        ...(speaker !== undefined && speaker !== 'UU' && { speaker }),
        ...(result.channel !== undefined && { channel: result.channel }),
      });
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

/** The words joined by a language's delimiter, their marks attached; without results the empty string. */
export function printText(results: readonly Result[], wordDelimiter: string): string {
  return results
    .map(({ type, alternatives: [{ content }] }, index) =>
      type === 'punctuation' || index === 0 ? content : `${wordDelimiter}${content}`,
    )
    .join('');
}

/** Tells whether another voice takes over: of another speaker, or on another channel. */
export function isTurn(before: PrintedWord, after: PrintedWord): boolean {
  return before.speaker !== after.speaker || before.channel !== after.channel;
}
