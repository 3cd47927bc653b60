import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Update } from '../engine.ts';
import { Hearing } from './hearing.ts';
import type { Result, Transcript } from './messages.ts';

const SENT_SECONDS = 100;

const word = (content: string, start_time: number, end_time: number): Result => ({
  type: 'word',
  start_time,
  end_time,
  alternatives: [{ content, confidence: 0.9 }],
});

const transcript = (
  message: Transcript['message'],
  end_time: number,
  results: Result[] = [],
  more: { forced?: boolean } = {},
): Transcript => ({ message, metadata: { end_time }, results, ...more }) as Transcript;

const final = (...more: Parameters<typeof transcript> extends [unknown, ...infer Rest] ? Rest : never) =>
  transcript('AddTranscript', ...more);
const partial = (...more: Parameters<typeof final>) => transcript('AddPartialTranscript', ...more);

function start({ hasPartials = true } = {}): { hearing: Hearing; updates: Update[] } {
  const updates: Update[] = [];
  return { hearing: new Hearing(hasPartials, (update) => updates.push(update)), updates };
}

const contents = (items: Update['finals']) => items.map(({ content }) => content);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('updates', () => {
  it('have a final and the partial after it in one', () => {
    const { hearing, updates } = start();
    hearing.transcript(final(1, [word('good', 0.2, 0.6)]), SENT_SECONDS);
    expect(updates).toEqual([]);
    hearing.transcript(partial(1.5, [word('day', 1, 1.4)]), SENT_SECONDS);
    expect(updates).toHaveLength(1);
    expect(updates[0]).toMatchObject({
      finals: [{ type: 'word', content: 'good', startSeconds: 0.2, endSeconds: 0.6, confidence: 0.9 }],
      finalSeconds: 1,
      partials: [{ content: 'day' }],
      heardSeconds: 1.5,
    });
    expect(updates[0]).not.toHaveProperty('utteranceEnd');
  });

  it('wait for no partial when none is wanted, and leave late ones out', () => {
    const { hearing, updates } = start({ hasPartials: false });
    hearing.transcript(final(1, [word('good', 0.2, 0.6)]), SENT_SECONDS);
    hearing.transcript(partial(1.5, [word('day', 1, 1.4)]), SENT_SECONDS);
    expect(updates.map(({ partials }) => partials)).toEqual([[]]);
  });

  it('do not wait long for a partial that does not come', () => {
    const { hearing, updates } = start();
    hearing.transcript(final(1, [word('good', 0.2, 0.6)]), SENT_SECONDS);
    vi.advanceTimersByTime(1_000);
    expect(updates).toHaveLength(1);
    hearing.stop();
  });

  it('have a forced end with its words in one', () => {
    const { hearing, updates } = start();
    hearing.requests = 1;
    hearing.transcript(final(2, [word('good', 0.2, 0.6)], { forced: true }), SENT_SECONDS);
    hearing.transcript(partial(2, [], { forced: true }), SENT_SECONDS);
    hearing.endOfUtterance(
      { message: 'EndOfUtterance', metadata: { end_time: 2 }, forced: true },
      SENT_SECONDS,
    );
    expect(updates).toHaveLength(1);
    expect(updates[0]).toMatchObject({
      finals: [{ content: 'good' }],
      finalSeconds: 2,
      utteranceEnd: 'request',
    });
    expect(hearing.requests).toBe(0);
  });

  it('take the end of an utterance for an answer while one is due, also where the upstream does not say so', () => {
    const { hearing, updates } = start();
    const end = { message: 'EndOfUtterance', metadata: { end_time: 2 } } as const;
    hearing.endOfUtterance(end, SENT_SECONDS);
    hearing.requests = 1;
    hearing.endOfUtterance(end, SENT_SECONDS);
    hearing.endOfUtterance(end, SENT_SECONDS);
    expect(updates.map(({ utteranceEnd }) => utteranceEnd)).toEqual(['silence', 'request', 'silence']);
  });

  it('tell a silence from the answer to a request where the upstream does', () => {
    const { hearing, updates } = start();
    const end = { message: 'EndOfUtterance', metadata: { end_time: 2 } } as const;
    hearing.requests = 2;
    for (const more of [{ forced: true }, {}, { forced: true }]) {
      hearing.endOfUtterance({ ...end, ...more }, SENT_SECONDS);
    }
    expect(updates.map(({ utteranceEnd }) => utteranceEnd)).toEqual(['request', 'silence', 'request']);
  });

  it('have nothing open at the end of an utterance and of the audio', () => {
    const { hearing, updates } = start();
    const open = () => hearing.transcript(partial(2, [word('good', 0.2, 0.6)]), SENT_SECONDS);
    open();
    hearing.endOfUtterance({ message: 'EndOfUtterance', metadata: { end_time: 2 } }, SENT_SECONDS);
    open();
    hearing.end(SENT_SECONDS);
    expect(updates.map(({ partials }) => partials.length)).toEqual([1, 0, 1, 0]);
    expect(updates.at(-1)).toMatchObject({ finalSeconds: SENT_SECONDS, heardSeconds: SENT_SECONDS });
  });
});

describe('times', () => {
  it('do not go back where the windows of the upstream overlap', () => {
    const { hearing, updates } = start({ hasPartials: false });
    hearing.transcript(final(1, [word('good', 0.2, 1.04)]), SENT_SECONDS);
    hearing.transcript(final(0.9, [word('day', 1, 1.5), word('sir', 1.46, 1.8)]), SENT_SECONDS);
    expect(updates.map(({ finalSeconds }) => finalSeconds)).toEqual([1.04, 1.8]);
    const items = updates.flatMap(({ finals }) => finals);
    expect(items.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [0.2, 1.04],
      [1.04, 1.5],
      [1.5, 1.8],
    ]);
  });

  it('do not go beyond the audio that was sent', () => {
    const { hearing, updates } = start({ hasPartials: false });
    hearing.transcript(final(1.01, [word('good', 0.2, 1.01)]), 1.005);
    expect(updates[0]).toMatchObject({
      finals: [{ endSeconds: 1.005 }],
      finalSeconds: 1.005,
      heardSeconds: 1.005,
    });
  });
});

describe('items', () => {
  const heard = (...results: Result[]): Update['finals'] => {
    const { hearing, updates } = start({ hasPartials: false });
    hearing.transcript(final(10, results), SENT_SECONDS);
    return updates[0]?.finals ?? [];
  };
  const mark = (content: string, more: Partial<Result> = {}): Result => ({
    ...word(content, 5, 5),
    type: 'punctuation',
    ...more,
  });

  it('have marks at the end of the word before', () => {
    const place = { startSeconds: 0.6, endSeconds: 0.6 };
    expect(
      heard(word('good', 0.2, 0.6), mark(',', { is_eos: false }), mark('.', { is_eos: true }), mark('!')),
    ).toEqual([
      expect.objectContaining({ type: 'word', content: 'good' }),
      { type: 'punctuation', content: ',', ...place, confidence: 0.9, isEndOfSentence: false },
      { type: 'punctuation', content: '.', ...place, confidence: 0.9, isEndOfSentence: true },
      { type: 'punctuation', content: '!', ...place, confidence: 0.9, isEndOfSentence: false },
    ]);
  });

  it('have the words that were said in place of an entity', () => {
    const entity = { ...word('£20', 1, 2), type: 'entity' };
    const spoken_form = [word('twenty', 1, 1.5), word('pounds', 1.5, 2)];
    expect(contents(heard({ ...entity, spoken_form }))).toEqual(['twenty', 'pounds']);
    expect(heard(entity)).toMatchObject([{ type: 'word', content: '£20', startSeconds: 1, endSeconds: 2 }]);
  });

  it('have known tags only, and probabilities', () => {
    const alternatives = [{ content: 'um', confidence: 1.2, tags: ['disfluency', 'shouted'] }];
    expect(heard({ ...word('', 0.2, 0.6), alternatives })).toMatchObject([
      { confidence: 1, tags: ['disfluency'] },
    ]);
    expect(heard(word('day', 0.2, 0.6))[0]).not.toHaveProperty('tags');
  });

  it('leave out what is neither said nor a mark', () => {
    expect(
      heard({ type: 'speaker_change', start_time: 1, end_time: 1 }, { ...word('', 1, 2), alternatives: [] }),
    ).toEqual([]);
  });
});
