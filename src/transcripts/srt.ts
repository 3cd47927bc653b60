import type { JsonV2 } from './json-v2.ts';
import { isTurn, type PrintedWord, printedWords } from './printed-words.ts';

export interface SrtLimits {
  /** Characters (code points) of a line, spaces and marks included. At least 1. */
  readonly maxLineLength: number;
  /** Lines of a cue. At least 1. */
  readonly maxLines: number;
}

const DEFAULT_SRT_LIMITS: SrtLimits = { maxLineLength: 37, maxLines: 2 };

/** A silence this long ends the cue, so that no caption stays on screen through it. */
const CUE_GAP_SECONDS = 3;

/** Words as one: from the start of the first to the end of the last. */
type Line = PrintedWord;

type Cue = [Line, ...Line[]];

/**
 * The transcript as SubRip: cues numbered from 1, each from the start of its first word to the end of its
 * last, but never into the next cue. Lines are filled greedily; one ends at the end of a sentence unless the
 * whole next sentence fits on it too. A word longer than a line stands alone. A cue holds the words of one
 * speaker and channel; neither is named. A transcript without words is the empty string. Throws `TypeError` for limits that are not positive integers.
 */
export function printSrt(transcript: JsonV2, limits: SrtLimits = DEFAULT_SRT_LIMITS): string {
  checkLimit(limits.maxLineLength);
  checkLimit(limits.maxLines);
  const delimiter = transcript.metadata.language_pack_info.word_delimiter;
  const words = printedWords(transcript).map(onOneLine);
  const cues = fillCues(fillLines(words, delimiter, limits.maxLineLength), limits.maxLines);
  return cues.map((cue, index) => printCue(cue, index + 1, cues[index + 1])).join('\n');
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1) throw new TypeError('SRT limits must be positive integers');
}

/** A line break inside a word would end its line, or its cue. */
function onOneLine(word: PrintedWord): PrintedWord {
  return { ...word, text: word.text.replace(/[\r\n]+/g, ' ') };
}

function fillLines(words: readonly PrintedWord[], delimiter: string, maxLength: number): Line[] {
  const sentenceLengths = lengthsToSentenceEnd(words, delimiter);
  const lines: Line[] = [];
  let previous: PrintedWord | undefined;
  for (const [index, word] of words.entries()) {
    const line = lines.at(-1);
    // After a sentence end the whole next sentence must fit, otherwise the word alone.
    const needed = previous?.endsSentence ? sentenceLengths[index] : lengthOf(word.text);
    const fits = line && needed !== undefined && lengthOf(line.text + delimiter) + needed <= maxLength;
    if (line && previous && fits && !isBreak(previous, word)) {
      const text = line.text + delimiter + word.text;
      lines[lines.length - 1] = { ...line, text, endSeconds: word.endSeconds };
    } else {
      lines.push(word);
    }
    previous = word;
  }
  return lines;
}

/** For each word, the characters from it to the end of its sentence. */
function lengthsToSentenceEnd(words: readonly PrintedWord[], delimiter: string): number[] {
  const lengths: number[] = [];
  let rest = 0;
  for (const word of words.toReversed()) {
    rest = lengthOf(word.text) + (word.endsSentence || rest === 0 ? 0 : lengthOf(delimiter) + rest);
    lengths.push(rest);
  }
  return lengths.reverse();
}

function fillCues(lines: readonly Line[], maxLines: number): Cue[] {
  const cues: Cue[] = [];
  for (const line of lines) {
    const cue = cues.at(-1);
    const last = cue?.at(-1);
    if (cue && last && cue.length < maxLines && !isBreak(last, line)) cue.push(line);
    else cues.push([line]);
  }
  return cues;
}

/** Tells whether a new cue begins between the two. */
function isBreak(before: PrintedWord, after: PrintedWord): boolean {
  return after.startSeconds - before.endSeconds >= CUE_GAP_SECONDS || isTurn(before, after);
}

function printCue(cue: Cue, counter: number, next: Cue | undefined): string {
  const endSeconds = Math.min(
    cue.at(-1)?.endSeconds ?? 0,
    next?.[0].startSeconds ?? Number.POSITIVE_INFINITY,
  );
  const text = cue.map((line) => line.text).join('\n');
  return `${counter}\n${printTime(cue[0].startSeconds)} --> ${printTime(endSeconds)}\n${text}\n`;
}

/** `HH:MM:SS,mmm`. The parts are taken from whole milliseconds, so that rounding up carries. */
function printTime(seconds: number): string {
  const totalMs = Math.round(seconds * 1000);
  const pad = (part: number, digits: number) => String(Math.floor(part)).padStart(digits, '0');
  const clock = [totalMs / 3_600_000, (totalMs / 60_000) % 60, (totalMs / 1000) % 60].map((part) =>
    pad(part, 2),
  );
  return `${clock.join(':')},${pad(totalMs % 1000, 3)}`;
}

function lengthOf(text: string): number {
  return [...text].length;
}
