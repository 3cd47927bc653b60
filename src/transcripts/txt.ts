import type { JsonV2 } from './json-v2.ts';
import { printedWords } from './printed-words.ts';

/**
 * The transcript as plain text: words joined by the language's delimiter, marks attached, no speaker lines
 * (diarization is off), one newline at the end. A transcript without words is the empty string.
 */
export function printTxt(transcript: JsonV2): string {
  const words = printedWords(transcript);
  if (words.length === 0) return '';
  const delimiter = transcript.metadata.language_pack_info.word_delimiter;
  return `${words.map((word) => word.text).join(delimiter)}\n`;
}
