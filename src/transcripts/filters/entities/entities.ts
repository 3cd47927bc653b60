import type { Item } from '../../item.ts';
import { findValues, type Value } from './values.ts';

/** A value and the words that name it, with the marks between them. */
interface PlacedValue {
  readonly value: Value;
  readonly spoken: readonly [Item, ...Item[]];
  /** Index of the first word in the sentence. */
  readonly at: number;
}

/** Puts one item of type `entity` in the place of the words that name a value. English only. */
export function findEntities(sentence: readonly Item[]): Item[] {
  const items = [...sentence];
  for (const { value, spoken, at } of placeValues(sentence).reverse()) {
    items.splice(at, spoken.length, entityOf(spoken, value));
  }
  return items;
}

/** The values that a sentence names, in order. */
export function placeValues(sentence: readonly Item[]): PlacedValue[] {
  const { text, places } = layOut(sentence);
  return findValues(text).flatMap((value) => {
    const at = places.findIndex(({ start }) => start === value.start);
    const last = places.findLastIndex(({ end }) => end === value.end);
    const begin = sentence[at];
    // A value that begins or ends inside a word is none ("COVID-19").
    if (begin?.type !== 'word' || sentence[last]?.type !== 'word') return [];
    return [{ value, spoken: [begin, ...sentence.slice(at + 1, last + 1)], at }];
  });
}

/** The sentence as text, and where each item stands in it. */
function layOut(items: readonly Item[]): { text: string; places: { start: number; end: number }[] } {
  let text = '';
  const places = items.map(({ type, content }) => {
    const start = type === 'punctuation' || text === '' ? text.length : text.length + 1;
    text = text.padEnd(start) + content;
    return { start, end: text.length };
  });
  return { text, places };
}

function entityOf(spoken: PlacedValue['spoken'], value: Value): Item {
  const [first] = spoken;
  const word: Item = {
    ...first,
    content: value.written,
    endSeconds: (spoken.at(-1) ?? first).endSeconds,
    confidence: Math.min(...spoken.map(({ confidence }) => confidence)),
  };
  return { ...word, type: 'entity', entity: { class: value.class, spoken, written: inEqualParts(word) } };
}

/** The words of a written form are not the ones that were said: they share the time, as Speechmatics does it. */
function inEqualParts(item: Item): Item[] {
  const words = item.content.split(' ');
  const { startSeconds, endSeconds } = item;
  const at = (part: number) => startSeconds + ((endSeconds - startSeconds) * part) / words.length;
  return words.map((content, index) => ({
    ...item,
    content,
    startSeconds: at(index),
    endSeconds: at(index + 1),
  }));
}
