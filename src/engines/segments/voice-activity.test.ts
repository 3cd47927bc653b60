import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSpeech } from '../../../test/fixtures/speech/clips.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { loadModel, type MoonshineModel, releaseModel } from '../moonshine/model.ts';
import { readFrames } from './frames.ts';
import { detectVoice } from './voice-activity.ts';

describe('detectVoice', () => {
  let model: MoonshineModel;
  beforeAll(async () => {
    model = await loadModel(1);
  });
  afterAll(() => releaseModel(model));

  async function speechShare(samples: Float32Array): Promise<number> {
    let frames = 0;
    let voiced = 0;
    for await (const { speech } of detectVoice(model.voiceActivity, readFrames(chunksOf(samples, 16_000)))) {
      frames += 1;
      voiced += speech >= 0.5 ? 1 : 0;
    }
    return voiced / frames;
  }

  it('hears speech in speech', async () => {
    for (const { samples } of readSpeech()) expect(await speechShare(samples)).toBeGreaterThan(0.7);
  });

  it('hears none in silence and in a hum', async () => {
    const hum = Float32Array.from({ length: 80_000 }, (_, at) => 0.2 * Math.sin(at * 0.02));
    expect(await speechShare(new Float32Array(80_000))).toBe(0);
    expect(await speechShare(hum)).toBe(0);
  });
});
