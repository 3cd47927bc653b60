import type { Match } from './find-matches.ts';

/** Elements of the words of a transcript, by their number. */
export type WordElements = readonly (HTMLElement | undefined)[];

const FOUND = 'transcript-found';
const CURRENT = 'transcript-current';

/**
 * Paints what was found, letter by letter, without touching the elements; where a browser cannot, only the place one
 * has gone to is marked, by its words.
 */
export function paintMatches(
  elements: WordElements,
  matches: readonly Match[],
  current: Match | undefined,
): void {
  if (!('highlights' in CSS)) return;
  const others = matches.filter((match) => match !== current);
  CSS.highlights.set(FOUND, new Highlight(...ranges(elements, others)));
  CSS.highlights.set(CURRENT, new Highlight(...ranges(elements, current === undefined ? [] : [current])));
}

export function clearMatches(): void {
  if (!('highlights' in CSS)) return;
  CSS.highlights.delete(FOUND);
  CSS.highlights.delete(CURRENT);
}

function ranges(elements: WordElements, matches: readonly Match[]): StaticRange[] {
  return matches.flatMap(({ firstWord, firstLetter, lastWord, endLetter }) => {
    const [begin, end] = [elements[firstWord]?.firstChild, elements[lastWord]?.firstChild];
    if (begin == null || end == null) return [];
    // A static one costs nothing while the page changes, and the text of a transcript does not.
    return new StaticRange({
      startContainer: begin,
      startOffset: firstLetter,
      endContainer: end,
      endOffset: endLetter,
    });
  });
}
