import { afterEach, describe, expect, it } from 'vitest';
import type { Item } from '../transcripts/item.ts';
import { chunksOf, EndlessSpeech } from './contract/audio.contract.ts';
import { describeEngineContract } from './contract/engine.contract.ts';
import { EnginePool } from './pool.ts';
import type { EngineSpec } from './registry.ts';
import { type ScriptStep, sayWords } from './scripted/script.ts';

const WORDS = ['good', 'morning', 'everybody'];
const NOISE = new Float32Array(32_000).fill(0.1);
const NEVER = new AbortController().signal;

const scripted = (script: readonly ScriptStep[] = sayWords(...WORDS)): EngineSpec => ({
  name: 'scripted',
  settings: { threads: 1, script },
});

describeEngineContract(
  'scripted in a pool of two',
  () => EnginePool.start(scripted(), { processes: 2, liveProcesses: 2 }),
  {
    samples: NOISE,
    words: WORDS,
  },
);

describe('EnginePool', () => {
  const pools: EnginePool[] = [];
  const start = async (processes: number, script?: readonly ScriptStep[]) => {
    const pool = await EnginePool.start(scripted(script), { processes, liveProcesses: 1 });
    pools.push(pool);
    return pool;
  };
  afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

  const open = (pool: EnginePool, signal = NEVER) =>
    pool.recognizeFile(new EndlessSpeech(NOISE), { language: 'en' }, signal);

  async function hear(pool: EnginePool): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of pool.recognizeFile(chunksOf(NOISE, 1_600), { language: 'en' }, NEVER))
      items.push(item);
    return items;
  }

  async function listenOnce(pool: EnginePool): Promise<string> {
    const options = { language: 'en', maxDelaySeconds: 1, hasPartials: false, silenceSeconds: 0 };
    const words: string[] = [];
    for await (const { finals } of pool.listen(chunksOf(NOISE, 1_600), options, NEVER))
      words.push(...finals.map(({ content }) => content));
    return words.join(' ');
  }

  it('forks the second process when a second call comes, and no third', async () => {
    const pool = await start(2);
    expect(pool.pids).toHaveLength(1);
    await hear(pool);
    await hear(pool);
    expect(pool.pids).toHaveLength(1);
    await Promise.all([hear(pool), hear(pool), hear(pool)]);
    expect(pool.pids).toHaveLength(2);
    expect(pool.restarts).toBe(0);
  });

  it('serves waiting calls in the order they came', async () => {
    const pool = await start(1);
    const order: string[] = [];
    const first = open(pool);
    await first.next();
    const later = ['second', 'third', 'fourth'].map((name) => hear(pool).then(() => order.push(name)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(order).toEqual([]);
    await first.return(undefined);
    await Promise.all(later);
    expect(order).toEqual(['second', 'third', 'fourth']);
  });

  it('lets a waiting call be aborted without losing the turn of the others', async () => {
    const pool = await start(1);
    const first = open(pool);
    await first.next();
    const controller = new AbortController();
    const aborted = open(pool, controller.signal).next();
    const patient = hear(pool);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await first.return(undefined);
    expect(await patient).toHaveLength(4);
  });

  it('replaces a process that crashed', async () => {
    const pool = await start(1, [...sayWords('hello'), { atSeconds: 1, crash: true }]);
    const [crashed] = pool.pids;
    await expect(hear(pool)).rejects.toMatchObject({ name: 'EngineError', retryable: true });
    await expect.poll(() => pool.pids).toEqual([]);
    expect(pool.restarts).toBe(0);
    expect((await open(pool).next()).value?.content).toBe('hello');
    expect(pool.pids).not.toContain(crashed);
    expect(pool.restarts).toBe(1);
  });

  it('listens while no process for it is loaded, and loads one, which goes on without the other', async () => {
    const pool = await start(1);
    const [first] = pool.pids;
    expect(await listenOnce(pool)).toContain('good');
    await expect.poll(() => pool.pids.length, { timeout: 20_000 }).toBe(2);
    process.kill(first ?? 0, 'SIGKILL');
    await expect.poll(() => pool.pids).not.toContain(first);
    expect(await listenOnce(pool)).toContain('good');
    expect(pool.pids).not.toContain(first);
  });

  it('does not listen where a recording is recognised', async () => {
    const pool = await start(1);
    const [first] = pool.pids;
    await open(pool).next();
    process.kill(first ?? 0, 'SIGSTOP');
    expect(await listenOnce(pool)).toContain('good');
    process.kill(first ?? 0, 'SIGCONT');
  });

  it('fails waiting calls when it is closed', async () => {
    const pool = await start(1);
    await open(pool).next();
    const refused = expect(hear(pool)).rejects.toMatchObject({ name: 'EngineError', retryable: false });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await pool.close();
    await refused;
  });
});
