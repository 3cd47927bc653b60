import type { JsonV2 } from './json-v2.ts';
import { isTurn, type PrintedWord, printedWords } from './printed-words.ts';

/**
 * The transcript as plain text: words joined by the language's delimiter, marks attached, one newline at the
 * end. Where speakers were told apart each turn has the line `SPEAKER: S1` above it, where channels were,
 * `<label>: ` before it; of channels that speak at once each finishes its sentence. A transcript without words is the empty string.
 */
export function printTxt(transcript: JsonV2): string {
  const delimiter = transcript.metadata.language_pack_info.word_delimiter;
  return turns(bySentence(printedWords(transcript)))
    .map((turn) => `${heading(turn[0])}${turn.map((word) => word.text).join(delimiter)}\n`)
    .join('');
}

type Turn = [PrintedWord, ...PrintedWord[]];

/** The words with each channel's sentences in one piece, ordered by their beginnings. */
function bySentence(words: readonly PrintedWord[]): PrintedWord[] {
  const sentences: PrintedWord[][] = [];
  const unfinished = new Map<string | undefined, PrintedWord[]>();
  for (const word of words) {
    const sentence = unfinished.get(word.channel) ?? [];
    if (sentence.length === 0) sentences.push(sentence);
    sentence.push(word);
    if (word.endsSentence) unfinished.delete(word.channel);
    else unfinished.set(word.channel, sentence);
  }
  return sentences.flat();
}

function turns(words: readonly PrintedWord[]): Turn[] {
  const found: Turn[] = [];
  for (const word of words) {
    const turn = found.at(-1);
    if (turn && !isTurn(turn[0], word)) turn.push(word);
    else found.push([word]);
  }
  return found;
}

function heading({ speaker, channel }: PrintedWord): string {
  if (channel !== undefined) return `${channel}: `;
  return speaker === undefined ? '' : `SPEAKER: ${speaker}\n`;
}
