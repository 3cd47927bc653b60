import type { Item } from './item.ts';
import { type JsonV2, printJsonV2 } from './json-v2.ts';

interface Changes {
  readonly wordDelimiter?: string;
  /** Start and end of each word in turn; absent: word n fills second n. */
  readonly times?: readonly (readonly [startSeconds: number, endSeconds: number])[];
  /** Who says each word, or on which channel; absent: not told apart. */
  readonly speakers?: readonly string[];
  readonly channels?: readonly string[];
}

/** A transcript, for tests, of space-separated words and marks (`Well , yes .`); `.`, `?`, `!`, `。` end a sentence. */
export function transcriptOf(text: string, changes: Changes = {}): JsonV2 {
  const { wordDelimiter = ' ', times = [], speakers, channels } = changes;
  let words = 0;
  const items = text
    .split(' ')
    .filter((content) => content !== '')
    .map((content): Item => {
      const isMark = /^[.,?!。]$/.test(content);
      const index = isMark ? words - 1 : words++;
      const [startSeconds, endSeconds] = times[index] ?? [Math.max(index, 0), index + 1];
      const at = isMark ? endSeconds : startSeconds;
      const [speaker, channel] = [speakers?.[index], channels?.[index]];
      const voice = { ...(speaker !== undefined && { speaker }), ...(channel !== undefined && { channel }) };
      const item = { content, startSeconds: at, endSeconds, confidence: 1, ...voice };
      return isMark
        ? { ...item, type: 'punctuation', isEndOfSentence: content !== ',' }
        : { ...item, type: 'word' };
    });
  return printJsonV2({
    job: { id: 'a1b2c3d4e5', createdAt: new Date(0), dataName: 'example.wav', durationSeconds: words },
    createdAt: new Date(0),
    transcriptionConfig: { language: 'en' },
    language: 'en',
    languagePack: { languageDescription: 'English', wordDelimiter, writingDirection: 'left-to-right' },
    orchestratorVersion: 'test',
    items,
  });
}
