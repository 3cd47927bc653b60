import type { Item, Tag } from '../../transcripts/item.ts';
import type { Part, Result } from './messages.ts';

/**
 * Items of results, which are in time order. Their times are rounded and may overlap by hundredths of seconds; none
 * begins before the one before it ends, and none lies outside what is left of the audio.
 */
export function itemsOf(results: readonly Result[], fromSeconds: number, untilSeconds: number): Item[] {
  const items: Item[] = [];
  let clock = fromSeconds;
  for (const part of results.flatMap(spokenParts)) {
    const [best] = part.alternatives ?? [];
    if (!best) continue;
    const confidence = within(0, best.confidence, 1);
    const startSeconds = part.type === 'punctuation' ? clock : within(clock, part.start_time, untilSeconds);
    if (part.type === 'word') clock = within(startSeconds, part.end_time, untilSeconds);
    const timed = { content: best.content, startSeconds, endSeconds: clock, confidence };
    const tags = best.tags?.filter(isTag) ?? [];
    if (part.type === 'punctuation')
      items.push({ type: 'punctuation', ...timed, isEndOfSentence: part.is_eos ?? false });
    else items.push({ type: 'word', ...timed, ...(tags.length > 0 && { tags }) });
  }
  return items;
}

/** Of an entity the words it was said in: how it is written is decided here. */
function spokenParts(result: Result): readonly Part[] {
  if (result.type === 'word' || result.type === 'punctuation') return [result];
  if (result.type !== 'entity') return [];
  return result.spoken_form ?? [{ ...result, type: 'word' }];
}

const isTag = (tag: string): tag is Tag => tag === 'disfluency' || tag === 'profanity';
const within = (least: number, value: number, most: number): number => Math.min(most, Math.max(least, value));
