import { describe, expect, it } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { chunksOf } from '../contract/audio.contract.ts';
import { describeEngineContract } from '../contract/engine.contract.ts';
import { createScripted } from './engine.ts';
import { type ScriptStep, sayWords } from './script.ts';

const WORDS = ['good', 'morning', 'everybody'];
const noise = (seconds: number) => new Float32Array(seconds * 16_000).fill(0.1);

describeEngineContract('scripted', async () => createScripted(sayWords(...WORDS)), {
  samples: noise(2),
  words: WORDS,
});

async function hear(samples: Float32Array, script?: readonly ScriptStep[]): Promise<Item[]> {
  const engine = createScripted(script);
  const signal = new AbortController().signal;
  const items: Item[] = [];
  for await (const item of engine.recognizeFile(chunksOf(samples, 1_000), { language: 'en' }, signal)) {
    items.push(item);
  }
  return items;
}

describe('scripted engine', () => {
  it('names itself, so that no transcript of it passes for a real one', () => {
    expect(createScripted().version).toContain('scripted');
  });

  it('counts as long as there is audio when it has no script', async () => {
    const contents = (await hear(noise(6))).map((item) => item.content);
    expect(contents.join(' ')).toBe('one two three four five six seven eight nine ten . one two');
  });

  it('says nothing of what the audio is too short for', async () => {
    const items = await hear(noise(0.85), sayWords(...WORDS));
    expect(items.map((item) => item.content)).toEqual(['good', 'morning']);
  });

  it('leaves out words, and their punctuation, where the audio is silent', async () => {
    const samples = noise(3);
    samples.fill(0, 0.4 * 16_000);
    expect(await hear(samples, sayWords(...WORDS))).toHaveLength(1);
  });

  it('waits as long as the script says', async () => {
    const [step] = sayWords('slow');
    const begin = performance.now();
    if (step && 'item' in step) await hear(noise(1), [{ ...step, delayMs: 80 }]);
    expect(performance.now() - begin).toBeGreaterThan(75);
  });

  it('fails where the script says', async () => {
    const failure = { message: 'out of memory', retryable: true };
    const call = hear(noise(1), [{ atSeconds: 0.5, failure }]);
    await expect(call).rejects.toMatchObject({ name: 'EngineError', ...failure });
    expect(await hear(noise(0.4), [{ atSeconds: 0.5, failure }])).toEqual([]);
  });
});
