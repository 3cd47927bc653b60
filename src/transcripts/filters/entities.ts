import type { Item } from '../item.ts';
import { findValues, type Value } from './values.ts';

/** Puts one item of type `entity` in the place of the words that name a value. English only. */
export function findEntities(sentence: readonly Item[]): Item[] {
  const { text, places } = layOut(sentence);
  const items = [...sentence];
  for (const value of findValues(text).reverse()) {
    const first = places.findIndex(({ start }) => start === value.start);
    const last = places.findLastIndex(({ end }) => end === value.end);
    const [begin, end] = [items[first], sentence[last]];
    // A value that begins or ends inside a word is none ("COVID-19").
    if (begin?.type !== 'word' || end?.type !== 'word') continue;
    const spoken = items.slice(first, last + 1);
    items.splice(first, spoken.length, entityOf(begin, end, spoken, value));
  }
  return items;
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

function entityOf(first: Item, last: Item, spoken: readonly Item[], value: Value): Item {
  const word: Item = {
    ...first,
    content: value.written,
    endSeconds: last.endSeconds,
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
