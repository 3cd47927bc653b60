import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReferenceTimes, readSpeech } from '../../../test/fixtures/speech/clips.ts';
import type { Item } from '../../transcripts/item.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { describeEngineContract } from '../contract/engine.contract.ts';
import type { Engine } from '../engine.ts';
import { createMoonshine } from './engine.ts';

const SAMPLE_RATE = 16_000;
const CLIPS = readSpeech();
const [, CLIP = { file: '', samples: new Float32Array(0), words: [] }] = CLIPS;

describeEngineContract('moonshine', () => createMoonshine({ threads: 1 }), CLIP);
describe('moonshine', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createMoonshine({ threads: 1 });
  });
  afterAll(() => engine.close());

  async function hear(audio: AsyncIterable<Float32Array>): Promise<Item[]> {
    const items: Item[] = [];
    const signal = new AbortController().signal;
    for await (const item of engine.recognizeFile(audio, { language: 'en' }, signal)) items.push(item);
    return items;
  }

  const wordsOf = (items: readonly Item[]) =>
    items
      .filter((item) => item.type === 'word')
      .flatMap((item) => item.content.toLowerCase().replace('mr.', 'mister').split('-'));

  it('bears the version of the weights', () => {
    const main = import.meta.resolve('@moonshine-ai/moonshine-js');
    const { version } = JSON.parse(readFileSync(new URL('../package.json', main), 'utf8'));
    expect(engine.version).toBe(`moonshine-tiny-en-${version}`);
  });

  it.each(CLIPS)('understands every word of $file', async ({ samples, words }) => {
    expect(wordsOf(await hear(chunksOf(samples, 1_600)))).toEqual(words);
  });

  it('places half of the words within 60 ms and nine of ten within 190 ms', async () => {
    const references = readReferenceTimes();
    const errors: number[] = [];
    for (const { file, samples } of CLIPS) {
      let at = 0;
      for (const item of await hear(chunksOf(samples, 1_600))) {
        if (item.type !== 'word') continue;
        errors.push(Math.abs(item.startSeconds - (references[file]?.[at]?.startSeconds ?? Number.NaN)));
        at += item.content.split('-').length;
      }
    }
    const sorted = errors.toSorted((one, other) => one - other);
    expect(sorted[Math.floor(sorted.length * 0.5)]).toBeLessThan(0.06);
    expect(sorted[Math.floor(sorted.length * 0.9)]).toBeLessThan(0.19);
  });

  it('finds the sentences of a recording with pauses, each where it was said', async () => {
    const pause = new Float32Array(3 * SAMPLE_RATE);
    const [first, second] = CLIPS;
    const audio = async function* () {
      for (const clip of [first, second]) yield* [pause, clip?.samples ?? pause];
    };
    const items = await hear(audio());
    expect(items.filter((item) => item.isEndOfSentence)).toHaveLength(2);
    const secondStartSeconds = 6 + (first?.samples.length ?? 0) / SAMPLE_RATE;
    const { startSeconds = 0 } = items.find((item) => item.content === 'He') ?? {};
    expect(startSeconds - secondStartSeconds).toBeCloseTo(0.27, 1);
  });

  it('ends no word after the audio that stops in the middle of it', async () => {
    for (const seconds of [1.001, 1.51, 1.777]) {
      const items = await hear(chunksOf(CLIP.samples.subarray(0, seconds * SAMPLE_RATE), 1_600));
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) expect(item.endSeconds).toBeLessThanOrEqual(seconds);
    }
  });

  it('says nothing for noise and tones', async () => {
    const seconds = 8 * SAMPLE_RATE;
    const noise = Float32Array.from({ length: seconds }, (_, at) => 0.3 * Math.sin(at * at * 12.9898));
    const tone = Float32Array.from(
      { length: seconds },
      (_, at) => 0.5 * Math.sin((at * 2 * Math.PI * 440) / SAMPLE_RATE),
    );
    expect(await hear(chunksOf(noise, 1_600))).toEqual([]);
    expect(await hear(chunksOf(tone, 1_600))).toEqual([]);
  });

  it('understands what comes after broken samples', async () => {
    const audio = async function* () {
      yield Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 1e30);
      yield CLIP.samples;
    };
    expect(wordsOf(await hear(audio()))).toEqual(CLIP.words);
  });
});
