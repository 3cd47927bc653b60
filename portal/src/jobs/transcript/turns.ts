import type { Answer } from '../../api/client.ts';

export type Transcript = Answer<'/v2/jobs/{jobid}/transcript', 'get'> & {
  /** Of an engine that translates. */
  readonly translations?: Readonly<Record<string, readonly Translated[]>>;
  readonly summary?: { readonly content?: string };
};
type Result = Transcript['results'][number];

export interface Translated {
  readonly start_time: number;
  readonly end_time: number;
  readonly content: string;
  readonly speaker?: string;
}

/** A word with the marks that belong to it: `himself.` */
export interface Word {
  readonly text: string;
  /** What stands between it and the word before. */
  readonly lead: string;
  readonly start: number;
  readonly end: number;
  readonly confidence: number;
}

/** What one speaker says in a row, or a paragraph of it. */
export interface Turn {
  /** Number of its first word in the transcript. */
  readonly first: number;
  /** Who speaks, as it is shown; absent where nobody was told apart. */
  readonly speaker: string | undefined;
  /** Goes on with the turn before it, by the same speaker. */
  readonly isContinued: boolean;
  readonly words: readonly Word[];
}

/** A paragraph ends with a sentence once it has this many words, and in any case with twice as many. */
const PARAGRAPH_WORDS = 80;
/** So long a pause after a sentence begins a paragraph. */
const PAUSE_SECONDS = 1.5;
const NOBODY = 'UU';

/** The words of a transcript in turns, as one reads them. */
export function turnsOf({ results, metadata }: Transcript): Turn[] {
  const delimiter = delimiterOf(metadata);
  const turns: Turn[] = [];
  let count = 0;
  for (const { speaker, words } of paragraphsOf(inReadingOrder(results), delimiter)) {
    const isContinued = turns.length > 0 && turns.at(-1)?.speaker === speaker;
    turns.push({ first: count, speaker, isContinued, words });
    count += words.length;
  }
  return turns;
}

/** The text of a turn, as the search and the clipboard have it. */
export const textOf = ({ words }: Turn): string =>
  words.map(({ lead, text }, index) => (index === 0 ? text : lead + text)).join('');

/** The whole text, with the speakers before what they say. */
export function plainText(turns: readonly Turn[]): string {
  return turns
    .map((turn) =>
      turn.speaker === undefined || turn.isContinued ? textOf(turn) : `${turn.speaker}:\n${textOf(turn)}`,
    )
    .join('\n\n');
}

/** `Speaker 1` for `S1`, `Channel 2` for `channel_2`; other labels were given by people and stay. */
export function speakerName(label: string | undefined): string | undefined {
  if (label === undefined || label === NOBODY) return undefined;
  const [, number] = /^S(\d+)$/.exec(label) ?? [];
  if (number !== undefined) return `Speaker ${number}`;
  const [, channel] = /^channel_(\d+)$/.exec(label) ?? [];
  return channel === undefined ? label : `Channel ${channel}`;
}

function delimiterOf(metadata: Transcript['metadata']): string {
  const info = metadata.language_pack_info as { readonly word_delimiter?: string } | undefined;
  return info?.word_delimiter ?? ' ';
}

interface Paragraph {
  readonly speaker: string | undefined;
  readonly words: Word[];
}

function paragraphsOf(results: readonly Result[], delimiter: string): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let last: Paragraph | undefined;
  let isSentenceOver = false;
  let lead = delimiter;
  for (const result of results) {
    const { content, confidence, speaker: label } = result.alternatives[0] ?? { content: '', confidence: 1 };
    const attachesTo = result.type === 'punctuation' ? (result.attaches_to ?? 'previous') : 'none';
    const word = last?.words.at(-1);
    if (last !== undefined && word !== undefined && (attachesTo === 'previous' || attachesTo === 'both')) {
      last.words[last.words.length - 1] = { ...word, text: word.text + content };
      lead = attachesTo === 'both' ? '' : delimiter;
    } else {
      const speaker = speakerName(result.channel ?? label);
      const next = { text: content, lead, start: result.start_time, end: result.end_time, confidence };
      if (last === undefined || begins(last, next, { speaker, isSentenceOver })) {
        last = { speaker, words: [] };
        paragraphs.push(last);
      }
      last.words.push(next);
      lead = attachesTo === 'next' ? '' : delimiter;
    }
    if (result.type === 'punctuation') isSentenceOver = result.is_eos === true;
    else isSentenceOver = false;
  }
  return paragraphs;
}

/** Whether a word begins a paragraph after this one. */
function begins(
  last: Paragraph,
  word: Word,
  { speaker, isSentenceOver }: { speaker: string | undefined; isSentenceOver: boolean },
): boolean {
  if (last.speaker !== speaker) return true;
  const count = last.words.length;
  if (!isSentenceOver) return count >= 2 * PARAGRAPH_WORDS;
  return count >= PARAGRAPH_WORDS || word.start - (last.words.at(-1)?.end ?? word.start) >= PAUSE_SECONDS;
}

/** Channels that speak at once are told sentence by sentence, not word by word. */
function inReadingOrder(results: readonly Result[]): readonly Result[] {
  if (!results.some(({ channel }) => channel !== undefined)) return results;
  const open = new Map<string | undefined, Result[]>();
  const sentences: Result[][] = [];
  for (const result of results) {
    const known = open.get(result.channel);
    const gap = result.start_time - (known?.at(-1)?.end_time ?? result.start_time);
    const sentence = known === undefined || gap > PAUSE_SECONDS ? [] : known;
    if (sentence !== known) sentences.push(sentence);
    sentence.push(result);
    if (result.is_eos) open.delete(result.channel);
    else open.set(result.channel, sentence);
  }
  return sentences.sort((one, other) => (one[0]?.start_time ?? 0) - (other[0]?.start_time ?? 0)).flat();
}
