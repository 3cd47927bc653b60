import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSpeech } from '../../../test/fixtures/speech/clips.ts';
import { installFiles } from '../../../test/helpers/models.ts';
import { TONE_DISTANCE, toneEmbedding, toneSegmentation } from '../../../test/helpers/onnx/speakers.ts';
import type { Item } from '../../transcripts/item.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { Host } from '../host/host.ts';
import type { EngineSpec } from '../registry.ts';
import { thresholdFor } from './diarizer.ts';
import { labelSpeakers } from './with-speakers.ts';

const SAMPLE_RATE = 16_000;
const NEVER = new AbortController().signal;

const word = (content: string, startSeconds: number, endSeconds: number): Item => ({
  type: 'word',
  content,
  startSeconds,
  endSeconds,
  confidence: 1,
});
const turn = (speaker: number, startSeconds: number, endSeconds: number) => ({
  speaker,
  startSeconds,
  endSeconds,
});

describe('labelSpeakers', () => {
  const label = (items: readonly Item[], ...turns: ReturnType<typeof turn>[]) =>
    labelSpeakers(items, turns).map(({ speaker }) => speaker);

  it('names speakers in the order of their first word, whatever their number', () => {
    const items = [word('a', 0, 1), word('b', 2, 3), word('c', 4, 5)];
    expect(label(items, turn(1, 0, 1), turn(0, 2, 3), turn(1, 4, 5))).toEqual(['S1', 'S2', 'S1']);
  });

  it('gives a word to whom is heard longest in it, in however many pieces', () => {
    const turns = [turn(0, 0, 0.3), turn(1, 0.3, 0.5), turn(1, 0.8, 1)];
    expect(label([word('a', 0, 1), word('b', 0, 0.3)], ...turns)).toEqual(['S1', 'S2']);
  });

  it('gives a word in which nobody is heard to the nearest', () => {
    expect(label([word('a', 0, 1), word('b', 1.2, 1.4)], turn(7, 0, 1), turn(8, 2, 3))).toEqual(['S1', 'S1']);
    expect(label([word('a', 0, 1), word('b', 1.6, 1.8)], turn(7, 0, 1), turn(8, 2, 3))).toEqual(['S1', 'S2']);
  });

  it('gives a mark to its word', () => {
    const mark: Item = { ...word('.', 1, 1), type: 'punctuation', isEndOfSentence: true };
    expect(label([word('a', 0, 1), mark], turn(0, 0, 1), turn(1, 1, 2))).toEqual(['S1', 'S1']);
  });

  it('names nobody when nobody is heard', () => {
    expect(label([word('a', 0, 1)])).toEqual([undefined]);
  });
});

it('maps the sensitivity to a distance around the model’s own', () => {
  expect([0, 0.5, 1].map((sensitivity) => thresholdFor(sensitivity))).toEqual([0.8, 0.5, 0.2]);
  expect(thresholdFor(0.5, 0.7)).toBe(0.7);
  expect([thresholdFor(0, 0.9), thresholdFor(1, 0.1)]).toEqual([1, 0]);
});

/** A high tone, a low one, and the high one again, with pauses. */
function conversation(): Float32Array {
  const parts = [
    [2_000, 3],
    [0, 1],
    [300, 4],
    [0, 1],
    [2_000, 2],
  ] as const;
  const samples = parts.flatMap(([hertz, seconds]) =>
    Array.from({ length: seconds * SAMPLE_RATE }, (_, at) =>
      hertz === 0 ? 0 : 0.5 * Math.sin((2 * Math.PI * hertz * at) / SAMPLE_RATE),
    ),
  );
  return Float32Array.from(samples);
}

describe('an engine in its process that tells speakers apart', () => {
  const root = mkdtempSync(path.join(tmpdir(), 'parley-models-'));
  let diarizationDirectory = '';
  let host: Host;
  beforeAll(async () => {
    const diarizer = { segmentation: 'segmentation.onnx', embedding: 'embedding.onnx' };
    diarizationDirectory = await installFiles(
      root,
      { name: 'tones', languages: [], diarizer },
      { 'segmentation.onnx': toneSegmentation(), 'embedding.onnx': toneEmbedding() },
    );
    host = await start('scripted');
  });
  afterAll(async () => {
    await host?.close();
    rmSync(root, { recursive: true, force: true });
  });

  const start = (name: EngineSpec['name']) =>
    Host.start({ name, settings: { threads: 1, diarizationDirectory } });

  async function hear(host: Host, samples: Float32Array, speakerSensitivity?: number): Promise<Item[]> {
    const items: Item[] = [];
    const options = { language: 'en', ...(speakerSensitivity !== undefined && { speakerSensitivity }) };
    for await (const item of host.recognizeFile(chunksOf(samples, 1_600), options, NEVER)) items.push(item);
    return items;
  }

  it('says who speaks when, and says that it can', async () => {
    expect(host.capabilities.speakerDiarization).toBe(true);
    const items = await hear(host, conversation(), 0.5);
    expect(items.length).toBeGreaterThan(10);
    for (const { startSeconds, endSeconds, speaker } of items) {
      if (endSeconds < 3) expect(speaker).toBe('S1');
      else if (startSeconds > 4 && endSeconds < 8) expect(speaker).toBe('S2');
      else if (startSeconds > 9) expect(speaker).toBe('S1');
    }
  });

  it('hears more speakers the more sensitive it is', async () => {
    const count = async (sensitivity: number) =>
      new Set((await hear(host, conversation(), sensitivity)).map(({ speaker }) => speaker)).size;
    expect(thresholdFor(0.2)).toBeGreaterThan(TONE_DISTANCE);
    expect([await count(0.2), await count(0.5), await count(0.9)]).toEqual([1, 2, 2]);
  });

  it('names nobody unasked', async () => {
    expect(new Set((await hear(host, conversation())).map(({ speaker }) => speaker))).toEqual(
      new Set([undefined]),
    );
  });

  it('does so beside the embedded engine, whose runtime is another', async () => {
    const moonshine = await start('moonshine');
    const [, clip] = readSpeech();
    const items = await hear(moonshine, clip?.samples ?? new Float32Array(0), 0.5);
    expect(items.map(({ content }) => content.toLowerCase())).toContain('young');
    expect(new Set(items.map(({ speaker }) => speaker))).toEqual(new Set(['S1']));
    await moonshine.close();
  });
});
