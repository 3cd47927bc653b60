import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSpeech } from '../../../test/fixtures/speech/clips.ts';
import { installFiles, installLoudness } from '../../../test/helpers/models.ts';
import { LOUDNESS_TOKENS, loudnessTransducer } from '../../../test/helpers/onnx/loudness.ts';
import type { Item } from '../../transcripts/item.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { createSherpaOnnx } from './engine.ts';

/** Models made here, which say how loud it is: what is tested is how models are loaded and read, by the real library. */
const root = mkdtempSync(path.join(tmpdir(), 'parley-models-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const transducer = () => {
  const { encoder, decoder, joiner } = loudnessTransducer();
  return installFiles(
    root,
    {
      name: 'transducer',
      languages: ['en', 'de'],
      recognizer: {
        mode: 'streaming',
        family: 'transducer',
        files: { encoder: 'encoder.onnx', decoder: 'decoder.onnx', joiner: 'joiner.onnx' },
        tokens: 'tokens.txt',
      },
    },
    {
      'encoder.onnx': encoder,
      'decoder.onnx': decoder,
      'joiner.onnx': joiner,
      'tokens.txt': LOUDNESS_TOKENS,
    },
  );
};

const [, CLIP] = readSpeech();
const SPEECH = CLIP?.samples ?? new Float32Array(0);
const CUT_SECONDS = 1.2;
const GAP_SECONDS = 0.6;

/** A clip that is interrupted for less long than ends a segment. */
function interrupted(): Float32Array {
  const audio = new Float32Array(SPEECH.length + GAP_SECONDS * 16_000);
  audio.set(SPEECH.subarray(0, CUT_SECONDS * 16_000));
  audio.set(SPEECH.subarray(CUT_SECONDS * 16_000), (CUT_SECONDS + GAP_SECONDS) * 16_000);
  return audio;
}

describe.each([
  ['an offline CTC model', () => installLoudness(root)],
  ['a streaming transducer', transducer],
])('%s', (_, install) => {
  it('is read with its own times', async () => {
    const engine = await createSherpaOnnx({ modelDirectory: await install(), threads: 1 });
    const items: Item[] = [];
    const signal = new AbortController().signal;
    const audio = chunksOf(interrupted(), 1_600);
    for await (const item of engine.recognizeFile(audio, { language: 'de' }, signal)) items.push(item);
    await engine.close();
    expect(new Set(items.map(({ content }) => content))).toEqual(new Set(['soft', 'loud']));
    const inGap = items.filter(
      ({ startSeconds }) =>
        startSeconds > CUT_SECONDS + 0.1 && startSeconds < CUT_SECONDS + GAP_SECONDS - 0.1,
    );
    expect(inGap).toEqual([]);
    expect(items.some(({ startSeconds }) => startSeconds < CUT_SECONDS)).toBe(true);
    expect(items.some(({ startSeconds }) => startSeconds > CUT_SECONDS + GAP_SECONDS)).toBe(true);
  });
});

it('takes confidences from a model that tells them', async () => {
  await rmSync(path.join(root, 'transducer'), { recursive: true });
  const engine = await createSherpaOnnx({ modelDirectory: await transducer(), threads: 1 });
  const confidences: number[] = [];
  const signal = new AbortController().signal;
  for await (const item of engine.recognizeFile(chunksOf(SPEECH, 1_600), { language: 'en' }, signal)) {
    confidences.push(item.confidence);
  }
  await engine.close();
  expect(new Set(confidences).size).toBeGreaterThan(5);
  expect(Math.max(...confidences)).toBeLessThan(1);
});
