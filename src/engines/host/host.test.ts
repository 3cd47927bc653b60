import { getPriority } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { chunksOf, EndlessSpeech } from '../contract/audio.contract.ts';
import { describeEngineContract } from '../contract/engine.contract.ts';
import type { Engine } from '../engine.ts';
import type { EngineSpec } from '../registry.ts';
import { type ScriptStep, sayWords } from '../scripted/script.ts';
import { Host } from './host.ts';

const WORDS = ['good', 'morning', 'everybody'];
const NOISE = new Float32Array(32_000).fill(0.1);
const NEVER = new AbortController().signal;

const scripted = (script: readonly ScriptStep[]): EngineSpec => ({
  name: 'scripted',
  settings: { threads: 1, script },
});

describeEngineContract('scripted in a process of its own', () => Host.start(scripted(sayWords(...WORDS))), {
  samples: NOISE,
  words: WORDS,
});

async function hear(engine: Engine, samples: Float32Array): Promise<Item[]> {
  const items: Item[] = [];
  const audio = chunksOf(samples, 1_600);
  for await (const item of engine.recognizeFile(audio, { language: 'en' }, NEVER)) items.push(item);
  return items;
}

/** A process that is gone cannot be signalled. */
const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('Host', () => {
  const hosts: Host[] = [];
  const start = async (script: readonly ScriptStep[]) => {
    const host = await Host.start(scripted(script));
    hosts.push(host);
    return host;
  };
  afterEach(() => Promise.all(hosts.splice(0).map((host) => host.close())));

  it('says what the engine says of itself', async () => {
    const host = await start([]);
    expect(host).toMatchObject({
      name: 'scripted',
      version: 'scripted-1',
      capabilities: { languages: ['en'] },
    });
  });

  it('passes failures of the engine on with their retryability', async () => {
    const failure = { message: 'out of memory', retryable: true };
    const host = await start([{ atSeconds: 0.5, failure }]);
    await expect(hear(host, NOISE)).rejects.toMatchObject({ name: 'EngineError', ...failure });
  });

  it('survives a crash: the call fails as retryable, the next one gets a new process', async () => {
    const host = await start([...sayWords('hello'), { atSeconds: 1, crash: true }]);
    const crashed = host.pid;
    await expect(hear(host, NOISE)).rejects.toMatchObject({ name: 'EngineError', retryable: true });
    expect(await hear(host, NOISE.subarray(0, 12_000))).toHaveLength(2);
    expect(host.pid).not.toBe(crashed);
  });

  it('fails a call whose audio stalls when the process is killed', async () => {
    const host = await start([]);
    const stalled = async function* () {
      yield NOISE;
      await new Promise(() => {});
    };
    const items = host.recognizeFile(stalled(), { language: 'en' }, NEVER);
    const answer = items.next();
    setTimeout(() => process.kill(host.pid ?? 0, 'SIGKILL'), 100);
    await expect(answer).rejects.toMatchObject({ retryable: true });
  });

  it('aborts a call of a process that hangs, and replaces the process', async () => {
    const host = await start([...sayWords('hello'), { atSeconds: 1, hang: true }]);
    const stuck = host.pid;
    const items = host.recognizeFile(chunksOf(NOISE, 1_600), { language: 'en' }, AbortSignal.timeout(500));
    await items.next();
    await items.next();
    await expect(items.next()).rejects.toThrow('timeout');
    await expect.poll(() => host.isWarm, { timeout: 10_000 }).toBe(false);
    expect(await hear(host, NOISE.subarray(0, 12_000))).toHaveLength(2);
    expect(host.pid).not.toBe(stuck);
  });

  it('runs the engine at a lower priority and ends it on close', async () => {
    const host = await start([]);
    const pid = host.pid ?? 0;
    expect(getPriority(pid)).toBe(10);
    await host.close();
    expect(isRunning(pid)).toBe(false);
  });

  it('asks for audio only while somebody asks for items', async () => {
    const host = await start(sayWords(...WORDS));
    let pulled = 0;
    const counted = async function* () {
      for await (const chunk of new EndlessSpeech(NOISE)) {
        pulled += chunk.length;
        yield chunk;
      }
    };
    const items = host.recognizeFile(counted(), { language: 'en' }, NEVER);
    await items.next();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(pulled).toBeLessThan(16_000);
    await items.return(undefined);
  });
});
