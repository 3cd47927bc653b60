import type { Item } from '../../item.ts';
import { sentences } from '../sentences.ts';
import { tagWords } from '../tags.ts';
import { placeValues } from './entities.ts';

/** What is held back longer is not worth the wait. */
const MAX_HELD_WORDS = 12;

const NUMBER = String.raw`(?:\p{Sc}?\d[\d\p{P}]*\p{L}*|${(
  'zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
    'eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion trillion ' +
    'dozen half quarter minus first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth ' +
    'thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth fiftieth ' +
    'sixtieth seventieth eightieth ninetieth hundredth thousandth millionth billionth'
).replaceAll(' ', '|')})`;
const MONTHS = 'january|february|march|april|may|june|july|august|september|october|november|december';

/** It may begin a value, or be all of it. */
const BEGINS = new RegExp(`^(?:${NUMBER}(?:-${NUMBER})*|${MONTHS})$`, 'iu');
/** It may stand inside a value, or before its last word ("forty a" - "m", "half past" - "three"). */
const LINKS = /^(?:and|point|of|the|past|to|per|in|next|a|p|,)$/i;

/**
 * Speech that is transcribed while it goes on comes in pieces, and a value may be cut in two ("twenty twenty" -
 * "six"): tells from which item on the end of a piece may grow into a value, or a larger one, with the words that
 * follow. No item: the number of items. What ends a sentence does not grow, nor what is longer than 12 words.
 * English only.
 */
export function openFrom(items: readonly Item[]): number {
  const sentence = [...sentences(items)].at(-1) ?? [];
  if (sentence.at(-1)?.isEndOfSentence) return items.length;
  const said = withoutHesitations(sentence);
  const begin = said[startOfTail(said)];
  const held = begin ? sentence.slice(sentence.indexOf(begin)) : [];
  const words = held.filter(({ type }) => type !== 'punctuation');
  return words.length > MAX_HELD_WORDS ? items.length : items.length - held.length;
}

/** Without the marks behind them too, but as they are: they are looked for in the sentence again. */
function withoutHesitations(sentence: readonly Item[]): Item[] {
  const tagged = tagWords(sentence, 'en');
  let isHesitation = false;
  return sentence.filter(({ type }, index) => {
    if (type !== 'punctuation') isHesitation = tagged[index]?.tags?.includes('disfluency') ?? false;
    return !isHesitation;
  });
}

function startOfTail(said: readonly Item[]): number {
  const values = placeValues(said);
  let start = said.length;
  for (let index = said.length - 1; index >= 0; index--) {
    const isInValue = values.some(({ at, spoken }) => at <= index && index < at + spoken.length);
    const content = said[index]?.content ?? '';
    if (isInValue || BEGINS.test(content)) start = index;
    else if (!LINKS.test(content)) break;
  }
  return start;
}
