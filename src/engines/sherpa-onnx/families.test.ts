import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readSpeech } from '../../../test/fixtures/speech/clips.ts';
import { installFiles, installLoudness } from '../../../test/helpers/models.ts';
import { LOUDNESS_TOKENS, loudnessTransducer } from '../../../test/helpers/onnx/loudness.ts';
import type { Item } from '../../transcripts/item.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { createSherpaOnnx } from './engine.ts';
import { loadLibrary } from './library.ts';

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

it('hears with a streaming model the same while it is spoken, and hears nothing of it twice', async () => {
  await rmSync(path.join(root, 'transducer'), { recursive: true });
  const library = await loadLibrary();
  const given: number[] = [];
  const accept = library.OnlineRecognizer.prototype.createStream;
  const engine = await createSherpaOnnx({ modelDirectory: await transducer(), threads: 1 });
  vi.spyOn(library.OnlineRecognizer.prototype, 'createStream').mockImplementation(function (this: never) {
    const stream = accept.call(this);
    const acceptWaveform = stream.acceptWaveform.bind(stream);
    stream.acceptWaveform = (wave) => {
      given.push(wave.samples.length);
      acceptWaveform(wave);
    };
    return stream;
  });
  const { signal } = new AbortController();
  const contents = (items: readonly Item[]) => items.map(({ content }) => content).join(' ');
  const ofFile: Item[] = [];
  const audio = () => chunksOf(interrupted(), 1_600);
  for await (const item of engine.recognizeFile(audio(), { language: 'en' }, signal)) ofFile.push(item);
  const inFile = given.splice(0).reduce((sum, samples) => sum + samples, 0);
  const live: Item[] = [];
  let guesses = 0;
  const options = { language: 'en', maxDelaySeconds: 4, hasPartials: true, silenceSeconds: 0 };
  for await (const { finals, partials } of engine.listen?.(audio(), options, signal) ?? []) {
    live.push(...finals);
    if (partials.length > 0) guesses += 1;
  }
  vi.restoreAllMocks();
  await engine.close();
  expect(guesses).toBeGreaterThan(2);
  expect(contents(live)).toBe(contents(ofFile));
  expect(given.reduce((sum, samples) => sum + samples, 0)).toBeLessThan(1.3 * inFile);
});
