import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSpeech } from '../../../test/fixtures/speech/clips.ts';
import { installMoonshine } from '../../../test/helpers/models.ts';
import type { Item } from '../../transcripts/item.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { describeEngineContract } from '../contract/engine.contract.ts';
import type { Engine } from '../engine.ts';
import { Host } from '../host/host.ts';
import { EnginePool } from '../pool.ts';
import { createSherpaOnnx } from './engine.ts';

const CLIPS = readSpeech();
const [, CLIP = { file: '', samples: new Float32Array(0), words: [] }] = CLIPS;

const root = mkdtempSync(path.join(tmpdir(), 'parley-models-'));
let modelDirectory = '';
beforeAll(async () => {
  modelDirectory = await installMoonshine(root);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describeEngineContract(
  'sherpa-onnx in a pool',
  () =>
    EnginePool.start(
      { name: 'sherpa-onnx', settings: { threads: 1, modelDirectory } },
      { processes: 1, liveProcesses: 1 },
    ),
  CLIP,
);

describe('sherpa-onnx', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createSherpaOnnx({ modelDirectory, threads: 1 });
  });
  afterAll(() => engine.close());

  async function hear(audio: AsyncIterable<Float32Array>): Promise<Item[]> {
    const items: Item[] = [];
    const signal = new AbortController().signal;
    for await (const item of engine.recognizeFile(audio, { language: 'en' }, signal)) items.push(item);
    return items;
  }

  it('says which library and which model it is', () => {
    expect(engine.version).toMatch(/^sherpa-onnx-1\.\d+\.\d+-moonshine-tiny-en$/);
    expect(engine.capabilities.languages).toEqual(['en']);
  });

  it('understands real speech, cut where the model bears it', async () => {
    let right = 0;
    let said = 0;
    for (const { samples, words } of CLIPS) {
      const items = await hear(chunksOf(samples, 1_600));
      const heard = items.filter(({ type }) => type === 'word').map(({ content }) => content.toLowerCase());
      right += words.filter((word) => heard.includes(word)).length;
      said += words.length;
    }
    expect(right / said).toBeGreaterThan(0.85);
  });

  it('is sure of every word, as the model tells no probabilities', async () => {
    for (const { confidence } of await hear(chunksOf(CLIP.samples, 1_600))) expect(confidence).toBe(1);
  });
});

describe('a model that is not as it should be', () => {
  const files = { encoder: 'encoder_model.onnx', decoder: 'decoder_model_merged.onnx' };
  const start = () => Host.start({ name: 'sherpa-onnx', settings: { threads: 1, modelDirectory } });
  const spoil = (file: string, change: (file: string) => void) => change(path.join(modelDirectory, file));

  it('is refused when there is none', async () => {
    const nowhere = path.join(root, 'nowhere');
    const starting = Host.start({ name: 'sherpa-onnx', settings: { threads: 1, modelDirectory: nowhere } });
    await expect(starting).rejects.toThrow('the model nowhere is not installed');
  });

  it('costs only its process when it is garbage', async () => {
    const garbage = (file: string) => {
      truncateSync(file, 0);
      writeFileSync(file, 'x'.repeat(7_937_661));
    };
    spoil(files.encoder, garbage);
    await expect(start()).rejects.toMatchObject({ name: 'EngineError', retryable: true });
  });

  it('is refused when a file has another length', async () => {
    spoil(files.decoder, (file) => appendFileSync(file, 'x'));
    await expect(start()).rejects.toThrow(
      'decoder_model_merged.onnx of the model moonshine-tiny-en is not as installed',
    );
  });
});
