/** A word or a punctuation mark and where it stands in the text, in UTF-16 units, end exclusive. */
export interface TextPart {
  readonly type: 'word' | 'punctuation';
  readonly content: string;
  readonly start: number;
  readonly end: number;
}

const MARKS = '.,?!;:…。、，？！；：؟،؛।';
const DASHES = '–—\\-';
const QUOTES_AND_BRACKETS = '"“”„«»()\\[\\]{}<>*_~¿¡';
const CHUNK = new RegExp(
  `^(?:[${QUOTES_AND_BRACKETS}]|[${DASHES}${MARKS}](?!\\d))*(.*?)([${QUOTES_AND_BRACKETS}${DASHES}${MARKS}]*)$`,
  'u',
);
const MARK = new RegExp(`[${MARKS}]`, 'u');
const SENTENCE_END = /^[.?!…。？！؟।]$/u;
const ABBREVIATION = /^(?:mr|mrs|ms|dr|prof|st|jr|sr|vs|etc|capt|lt|sgt|inc|ltd)$/i;
/** Letters each with its full stop, the last one trailing: "U.S", "e.g", "p.m". */
const INITIALISM = /^\p{L}(?:\.\p{L})+$/u;

/** Tells whether a mark ends a sentence. */
export function endsSentence(mark: string): boolean {
  return SENTENCE_END.test(mark);
}

/**
 * Splits written text into words and punctuation marks, in order. What belongs to a word stays in it:
 * apostrophes, hyphens, decimals ("3.5"), amounts ("$5") and the full stop of an abbreviation ("Mr."), which
 * at the end of the text is also a mark. Quotes, brackets and dashes around words are dropped; of several
 * marks in a row ("...", "?!") the first stands for all.
 */
export function splitPunctuation(text: string): TextPart[] {
  const chunks = [...text.matchAll(/\S+/gu)];
  return chunks.flatMap((match, index) => splitChunk(match[0], match.index, index === chunks.length - 1));
}

function splitChunk(chunk: string, offset: number, isLast: boolean): TextPart[] {
  const [, bare = '', trailing = ''] = CHUNK.exec(chunk) ?? [];
  const keepsStop = trailing.startsWith('.') && (ABBREVIATION.test(bare) || INITIALISM.test(bare));
  const word = keepsStop ? `${bare}.` : bare;
  const rest = bare === '' ? chunk : keepsStop && !isLast ? trailing.slice(1) : trailing;
  const parts: TextPart[] = [];
  if (word !== '') parts.push(part('word', word, offset + chunk.length - trailing.length - bare.length));
  const mark = MARK.exec(rest);
  if (mark) parts.push(part('punctuation', mark[0], offset + chunk.length - rest.length + mark.index));
  return parts;
}

function part(type: TextPart['type'], content: string, start: number): TextPart {
  return { type, content, start, end: start + content.length };
}
