import { type Turn, textOf } from './turns.ts';

/** A place where the text looked for stands: letters of two words, which are one for most. */
export interface Match {
  readonly firstWord: number;
  readonly firstLetter: number;
  readonly lastWord: number;
  /** The letter after the last. */
  readonly endLetter: number;
}

/** Nobody goes through more of them, and each takes memory. */
const MAX_MATCHES = 5000;

/** Where a text stands within the turns, large and small letters alike. */
export function findMatches(turns: readonly Turn[], wanted: string): Match[] {
  const text = wanted.trim().replace(/\s+/g, ' ').toLowerCase();
  if (text === '') return [];
  const matches: Match[] = [];
  for (const turn of turns) {
    const whole = textOf(turn);
    const small = whole.toLowerCase();
    // A few letters have a different length as small ones; then only the exact text is found.
    const searched = small.length === whole.length ? small : whole;
    for (let at = searched.indexOf(text); at !== -1; at = searched.indexOf(text, at + text.length)) {
      matches.push(matchIn(turn, at, at + text.length));
      if (matches.length === MAX_MATCHES) return matches;
    }
  }
  return matches;
}

function matchIn({ first, words }: Turn, from: number, to: number): Match {
  let [firstWord, firstLetter, lastWord, endLetter] = [first, 0, first, 0];
  let begin = 0;
  for (const [place, { lead, text }] of words.entries()) {
    if (place > 0) begin += lead.length;
    if (begin <= from) [firstWord, firstLetter] = [first + place, Math.min(from - begin, text.length)];
    if (begin < to) [lastWord, endLetter] = [first + place, Math.min(to - begin, text.length)];
    else break;
    begin += text.length;
  }
  return { firstWord, firstLetter, lastWord, endLetter };
}
