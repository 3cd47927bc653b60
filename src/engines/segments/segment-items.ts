import type { Item } from '../../transcripts/item.ts';
import { endsSentence, splitPunctuation, type TextPart } from '../../transcripts/split-punctuation.ts';
import { confidenceOf, type Hearing, placeWords, type TimedToken } from './place-words.ts';

const UNSURE = 0.3;
const MAX_UNSURE_SHARE = 0.8;

/**
 * Groups tokens into words and punctuation marks. Returns times within the segment, in order, and nothing at all
 * when almost every word is a guess: the decoder invents words for noise.
 */
export function segmentItems(tokens: readonly TimedToken[], hearing: Hearing): Item[] {
  const parts = splitPunctuation(tokens.map((token) => token.text).join(''));
  const ownTokens = tokensOfParts(tokens, parts);
  const ofWords = ownTokens.filter((_, index) => parts[index]?.type === 'word');
  const places = placeWords(ofWords, hearing).values();
  const items: Item[] = [];
  for (const [index, part] of parts.entries()) {
    const own = ownTokens[index] ?? [];
    const previous = items.at(-1);
    if (part.type === 'punctuation') {
      if (previous) items.push(markAfter(previous, part, own));
      continue;
    }
    const place = places.next().value;
    if (place) items.push({ type: 'word', content: part.content, ...place });
  }
  return isInvented(items) ? [] : items;
}

function isInvented(items: readonly Item[]): boolean {
  const words = items.filter((item) => item.type === 'word');
  const unsure = words.filter((item) => item.confidence < UNSURE);
  return unsure.length >= words.length * MAX_UNSURE_SHARE;
}

function tokensOfParts(tokens: readonly TimedToken[], parts: readonly TextPart[]): TimedToken[][] {
  let position = 0;
  const placed = tokens.map((token) => {
    const start = position;
    position += token.text.length;
    return { token, start, end: position };
  });
  return parts.map((part) =>
    placed.filter(({ start, end }) => start < part.end && end > part.start).map(({ token }) => token),
  );
}

/** A mark has no length: it stands where the word before it ends. */
function markAfter(previous: Item, part: TextPart, own: readonly TimedToken[]): Item {
  return {
    type: 'punctuation',
    content: part.content,
    startSeconds: previous.endSeconds,
    endSeconds: previous.endSeconds,
    confidence: confidenceOf(own),
    isEndOfSentence: endsSentence(part.content),
  };
}
