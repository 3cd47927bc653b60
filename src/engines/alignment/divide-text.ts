import { matchWords, UNPAIRED } from './match-words.ts';

/** A word that was recognised, and the stretch of audio it was recognised in. */
export interface HeardWord {
  readonly content: string;
  /** Any number that ascends with the recording. */
  readonly segment: number;
}

/** No word is longer; what is goes unspoken. */
const MAX_WORD_LENGTH = 100;
/** A longer run of words that nobody recognised was most likely not said. */
const MAX_STRAY_WORDS = 8;

/**
 * Decides which words of a text are spoken in which segment: indices into `words`, ascending, by segment. What was
 * recognised nowhere near, or has no letter or digit, is in none.
 */
export async function divideText(
  words: readonly string[],
  heard: readonly HeardWord[],
  signal: AbortSignal,
): Promise<Map<number, number[]>> {
  const numberOf = numbering();
  const listed = (contents: readonly string[]) =>
    contents.map((content) => numberOf(spelling(content))).map((number, index) => ({ number, index }));
  const text = listed(words).filter(({ number }) => number !== UNSPOKEN);
  const said = listed(heard.map(({ content }) => content)).filter(({ number }) => number !== UNSPOKEN);
  const partners = await matchWords(
    Int32Array.from(said, ({ number }) => number),
    Int32Array.from(text, ({ number }) => number),
    signal,
  );
  const anchors = text.map(({ number }, at): Anchor | undefined => {
    const partner = said[partners[at] ?? UNPAIRED];
    const segment = partner && heard[partner.index]?.segment;
    return segment === undefined ? undefined : { segment, isExact: partner?.number === number };
  });
  return collect(
    text.map(({ index }) => index),
    segmentsOf(anchors),
  );
}

const UNSPOKEN = 0;

/** Gives equal words the same number, and those without spelling `UNSPOKEN`. */
function numbering(): (word: string) => number {
  const numbers = new Map([['', UNSPOKEN]]);
  return (word) => {
    const number = numbers.get(word) ?? numbers.size;
    numbers.set(word, number);
    return number;
  };
}

/** What two ways of writing a word have in common. */
function spelling(word: string): string {
  if (word.length > MAX_WORD_LENGTH) return '';
  return word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Where the partner of a word was heard, and whether it is the same word. */
interface Anchor {
  readonly segment: number;
  readonly isExact: boolean;
}

/** The segment of each word, those without an anchor included where a neighbour makes it likely. */
function segmentsOf(anchors: readonly (Anchor | undefined)[]): (number | undefined)[] {
  const segments = anchors.map((anchor) => anchor?.segment);
  let before: Anchor | undefined;
  for (let start = 0; start < anchors.length; start += 1) {
    const anchor = anchors[start];
    if (anchor) {
      before = anchor;
      continue;
    }
    let end = start;
    while (end < anchors.length && !anchors[end]) end += 1;
    if (end - start <= MAX_STRAY_WORDS) segments.fill(homeOfStrays(before, anchors[end]), start, end);
    start = end - 1;
  }
  return segments;
}

/**
 * Of two segments strays belong to the later one if its first word was misheard: it may be they that were said. (Where
 * one word was heard and two are written, `matchWords` pairs the second.)
 */
function homeOfStrays(before: Anchor | undefined, after: Anchor | undefined): number | undefined {
  if (!after) return undefined;
  return before?.segment === after.segment || !after.isExact ? after.segment : undefined;
}

function collect(
  indices: readonly number[],
  segments: readonly (number | undefined)[],
): Map<number, number[]> {
  const shares = new Map<number, number[]>();
  indices.forEach((index, at) => {
    const segment = segments[at];
    if (segment === undefined) return;
    const share = shares.get(segment);
    if (share) share.push(index);
    else shares.set(segment, [index]);
  });
  return shares;
}
