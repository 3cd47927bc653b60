import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Update } from '../../engine.ts';
import { FRAME_SAMPLES } from '../frames.ts';
import { listenBySegments } from './listen.ts';

const SECONDS = 8;
const NEVER = new AbortController().signal;

afterEach(() => vi.restoreAllMocks());

/** One speaker who does not pause, and an engine that needs so long for each answer. */
async function listen(secondsPerAnswer: number) {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const asked: number[] = [];
  const ear = {
    judge: async (samples: Float32Array) => ({ samples, speech: 1 }),
    async transcribe({ samples }: { samples: Float32Array }) {
      asked.push(samples.length / 16_000);
      nowMs += secondsPerAnswer * 1_000;
      return [];
    },
  };
  async function* audio() {
    for (let sent = 0; sent < SECONDS * 16_000; sent += FRAME_SAMPLES) yield new Float32Array(FRAME_SAMPLES);
  }
  const options = { language: 'en', maxDelaySeconds: 1, hasPartials: true, silenceSeconds: 0 };
  const updates: Update[] = [];
  for await (const update of listenBySegments(ear, audio(), options, NEVER)) updates.push(update);
  return { asked, updates };
}

describe('guesses at what is being said', () => {
  it('come every half second while they are quick', async () => {
    const { asked, updates } = await listen(0.1);
    expect(asked.length).toBeCloseTo(SECONDS / 0.5, -1);
    expect(updates.at(-1)?.heardSeconds).toBeCloseTo(SECONDS, 1);
  });

  it('take at most half of the time when they are slow, so that listening does not fall behind', async () => {
    const { asked } = await listen(1);
    expect(asked.length).toBeLessThanOrEqual(SECONDS / 2 + 1);
  });
});
