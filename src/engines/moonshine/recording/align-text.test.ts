import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReferenceTimes, readSpeech } from '../../../../test/fixtures/speech/clips.ts';
import type { Item } from '../../../transcripts/item.ts';
import { chunksOf } from '../../contract/audio.contract.ts';
import { withPadding } from '../../segments/padding.ts';
import { decodeSegment, forceTokens } from '../decode.ts';
import { loadModel, type MoonshineModel, releaseModel } from '../model.ts';
import { alignText } from './align-text.ts';
import { recognize } from './recognize.ts';

const NEVER = new AbortController().signal;
const CLIPS = readSpeech();
const PAUSE = new Float32Array(2 * 16_000);
/** All clips one after another, with pauses, and where each begins. */
const RECORDING = CLIPS.flatMap(({ samples }) => [PAUSE, samples]);
const startsSeconds = CLIPS.map(
  (_, at) => RECORDING.slice(0, 2 * at + 1).reduce((sum, part) => sum + part.length, 0) / 16_000,
);
const SPOKEN = CLIPS.flatMap(({ file, words }, clip) =>
  words.map((word, at) => {
    const reference = readReferenceTimes()[file]?.[at]?.startSeconds ?? Number.NaN;
    return { word, startSeconds: reference + (startsSeconds[clip] ?? 0) };
  }),
);

const quantile = (numbers: readonly number[], share: number) =>
  numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length * share)] ?? Number.NaN;

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* recording(): AsyncGenerator<Float32Array> {
  for (const part of RECORDING) yield* chunksOf(part, 8_000);
}

describe('alignText', () => {
  let model: MoonshineModel;
  beforeAll(async () => {
    model = await loadModel(1);
  });
  afterAll(() => releaseModel(model));

  const align = (words: readonly string[]) =>
    collect(alignText(model, { openAudio: recording, words }, NEVER));

  /** How far the words that are truly spoken are from where they are, in seconds. */
  function errorsOf(items: readonly Item[], spoken: readonly { startSeconds: number }[]): number[] {
    expect(items).toHaveLength(spoken.length);
    return spoken.map(({ startSeconds }, at) =>
      Math.abs((items[at]?.startSeconds ?? Number.NaN) - startSeconds),
    );
  }

  it('says the same of tokens it is given as of those it chose', async () => {
    const [{ samples } = { samples: PAUSE }] = CLIPS;
    const input = { samples: withPadding(samples), lengthSeconds: samples.length / 16_000 };
    const free = await decodeSegment(model, input, NEVER);
    const ids = free.map(({ id }) => id);
    const forced = (await forceTokens(model, input.samples, ids)) ?? [];
    expect(forced.map(({ id }) => id)).toEqual(ids);
    free.forEach(({ probability, attention }, at) => {
      expect(forced[at]?.probability).toBeCloseTo(probability, 1);
      expect(forced[at]?.attention).toHaveLength(attention.length);
      const peak = attention.indexOf(Math.max(...attention));
      expect(forced[at]?.attention[peak]).toBeCloseTo(attention[peak] ?? Number.NaN, 1);
    });
  });

  it('has no time for more tokens than there are frames', async () => {
    expect(await forceTokens(model, new Float32Array(3_200), new Array(50).fill(300))).toBeUndefined();
  });

  it('places the words of a text as well as recognition places its own', async () => {
    const items = await align(SPOKEN.map(({ word }) => word));
    const errors = errorsOf(items, SPOKEN);
    expect(quantile(errors, 0.5)).toBeLessThan(0.06);
    expect(quantile(errors, 0.9)).toBeLessThan(0.19);

    const free = (await collect(recognize(model, recording(), NEVER))).filter(({ type }) => type === 'word');
    const near = free.map(({ startSeconds }) =>
      Math.min(...items.map((item) => Math.abs(item.startSeconds - startSeconds))),
    );
    expect(quantile(near, 0.5)).toBeLessThan(0.03);
    expect(
      quantile(
        items.map(({ confidence }) => confidence),
        0.5,
      ),
    ).toBeGreaterThan(0.3);
  });

  it('places the words around those that differ from what is said', async () => {
    // Every seventh word is another, every eleventh is missing, and after every ninth there is one that nobody says.
    const text = SPOKEN.flatMap((spoken, at) => {
      if (at % 11 === 10) return [];
      const own = at % 7 === 6 ? { ...spoken, word: 'zebra', isFalse: true } : { ...spoken, isFalse: false };
      return at % 9 === 8 ? [own, { word: 'umbrella', startSeconds: Number.NaN, isFalse: true }] : [own];
    });
    const items = await align(text.map(({ word }) => word));
    expect(items.map(({ content }) => content)).toEqual(text.map(({ word }) => word));
    const errors = errorsOf(items, text).filter((_, at) => text[at]?.isFalse === false);
    expect(quantile(errors, 0.5)).toBeLessThan(0.08);
    expect(quantile(errors, 0.9)).toBeLessThan(0.4);
    const confidences = (isFalse: boolean) =>
      items.filter((_, at) => text[at]?.isFalse === isFalse).map(({ confidence }) => confidence);
    expect(quantile(confidences(true), 0.9)).toBeLessThan(quantile(confidences(false), 0.5));
  });

  it('finds its way after pages that nobody reads, in between as well', async () => {
    const unread = Array.from({ length: 400 }, (_, at) => `word${at}`);
    const half = SPOKEN.length / 2;
    const spoken = SPOKEN.map(({ word }) => word);
    const items = await align([
      ...unread,
      ...spoken.slice(0, half),
      ...unread,
      ...spoken.slice(half),
      ...unread,
    ]);
    const read = items.filter(({ content }) => !/\d/.test(content));
    expect(quantile(errorsOf(read, SPOKEN), 0.5)).toBeLessThan(0.06);
    expect(
      items.filter(({ content }) => /\d/.test(content)).every(({ confidence }) => confidence === 0),
    ).toBe(true);
  });
});
