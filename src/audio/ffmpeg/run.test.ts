import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { peakMemoryMib, processesWith } from '../../../test/fixtures/audio/child-processes.ts';
import { eachDecoder } from '../../../test/fixtures/audio/decoders.ts';
import { readFixture, wavHeader } from '../../../test/fixtures/audio/samples.ts';
import { temporaryFolder } from '../../../test/fixtures/audio/temporary-folder.ts';
import { runFfmpeg } from './run.ts';

const BIG_BYTES = 200_000_000;
const MAX_PEAK_MIB = 300;
const folder = temporaryFolder();
const aac = await readFixture('speech.aac');
const onLine = () => undefined;

/** 17 minutes of silence, 48 kHz stereo. The file has a hole and takes no space on disk. */
async function bigWav(name: string): Promise<string> {
  const path = join(folder(), name);
  const file = await open(path, 'w');
  await file.write(wavHeader(BIG_BYTES, { channels: 2, sampleRate: 48_000 }));
  await file.truncate(44 + BIG_BYTES);
  await file.close();
  return path;
}

describe
  .runIf(process.platform === 'linux')
  .each(eachDecoder().map((decoder) => [decoder.kind, decoder] as const))(
  'process of %s',
  (kind, decoder) => {
    it('waits for a slow consumer, keeps its memory flat, and is gone when the consumer leaves', async () => {
      const path = await bigWav(`paused-${kind}.wav`);
      const chunks = decoder.decode(path, new AbortController().signal)[Symbol.asyncIterator]();
      await chunks.next();
      const [pid] = await processesWith(path);
      await delay(300);
      expect(await processesWith(path)).toEqual([pid]);
      for (let read = 0; read < 600; read++) await chunks.next();
      expect(await peakMemoryMib(pid ?? 0)).toBeLessThan(MAX_PEAK_MIB);
      await chunks.return?.();
      expect(await processesWith(path)).toEqual([]);
    });

    it('is ended by the signal while nobody reads', async () => {
      const path = await bigWav(`aborted-${kind}.wav`);
      const controller = new AbortController();
      const chunks = decoder.decode(path, controller.signal)[Symbol.asyncIterator]();
      await chunks.next();
      controller.abort(new Error('enough'));
      await delay(300);
      expect(await processesWith(path)).toEqual([]);
      await expect(async () => {
        while (!(await chunks.next()).done);
      }).rejects.toThrow('enough');
    });

    it('is not even started when aborted before', async () => {
      const path = await bigWav(`never-${kind}.wav`);
      await expect(decoder.probe(path, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
    });

    it('walks through a large file in flat memory', async () => {
      const path = join(folder(), `large-${kind}.aac`);
      await writeFile(
        path,
        Array.from({ length: 1000 }, () => aac),
      );
      const controller = new AbortController();
      const probing = decoder.probe(path, controller.signal);
      let peakMib = 0;
      const timer = setInterval(async () => {
        for (const pid of await processesWith(path)) {
          peakMib = Math.max(peakMib, await peakMemoryMib(pid));
        }
      }, 20);
      expect((await probing).durationSeconds).toBeGreaterThan(3000);
      clearInterval(timer);
      expect(peakMib).toBeLessThan(MAX_PEAK_MIB);
    });
  },
);

describe('runFfmpeg', () => {
  const { signal } = new AbortController();
  const node = { kind: 'native', command: process.execPath, leadingArguments: ['-e'] } as const;

  async function run(
    script: string,
    timeoutMs = 20_000,
    input?: AsyncIterable<Uint8Array>,
  ): Promise<{ text: string; succeeded: boolean }> {
    let text = '';
    const given = { ffmpeg: node, args: [script], timeoutMs, onLine, ...(input ? { input } : {}) };
    const output = runFfmpeg(given, signal);
    for (;;) {
      const next = await output.next();
      if (next.done) return { text, succeeded: next.value };
      text += next.value.toString();
    }
  }

  it('gives the program an empty environment', async () => {
    const script = 'process.stdout.write(JSON.stringify(Object.keys(process.env)))';
    expect(await run(script)).toEqual({ text: '[]', succeeded: true });
  });

  it('tells a refused file from a program that cannot run', async () => {
    expect(await run('process.exit(69)')).toMatchObject({ succeeded: false });
    expect(await run('process.abort()')).toMatchObject({ succeeded: false });
    await expect(run('process.exit(127)')).rejects.toThrow('ffmpeg cannot be run');
    await expect(run('process.kill(process.pid, "SIGKILL")')).rejects.toThrow('from outside');
    await expect(run('console.error("Unrecognized option x"); process.exit(1)')).rejects.toThrow(
      'not supported',
    );
    const missing = { ...node, command: '/nowhere/ffmpeg' };
    const output = runFfmpeg({ ffmpeg: missing, args: [], timeoutMs: 1000, onLine }, signal);
    await expect(output.next()).rejects.toThrow('ffmpeg cannot be started');
  });

  it('ends a program that takes too long', async () => {
    await expect(run('setTimeout(() => {}, 60_000)', 200)).rejects.toThrow('takes more time than allowed');
  });

  it('ends a program that takes too much memory', async () => {
    const script = 'const kept = Buffer.alloc(700_000_000, 1); setTimeout(() => kept, 60_000)';
    await expect(run(script)).rejects.toThrow('takes more memory than allowed');
  });

  it('ends a program that only complains', async () => {
    const script =
      'for (let i = 0; i < 1e6; i++) require("fs").writeSync(2, "bad packet\\n"); setTimeout(() => {}, 60_000)';
    await expect(run(script)).rejects.toThrow('the audio is corrupt');
  });

  describe('given a stream', () => {
    const echo = 'process.stdin.pipe(process.stdout)';

    async function* stream(count: number, pauseMs?: number): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < count; i++) {
        await delay(pauseMs);
        yield Buffer.alloc(10_000, 'x');
      }
    }

    it('writes it all, and ends it', async () => {
      expect(await run(echo, 20_000, stream(30))).toEqual({ text: 'x'.repeat(300_000), succeeded: true });
    });

    it('reads to its end what the program leaves', async () => {
      let read = 0;
      const counted = async function* () {
        for await (const piece of stream(100)) {
          read += 1;
          yield piece;
        }
      };
      expect(await run('process.exit(0)', 20_000, counted())).toMatchObject({ succeeded: true });
      expect(read).toBe(100);
      expect(await run('process.exit(69)', 20_000, stream(1e9))).toMatchObject({ succeeded: false });
    });

    it('ends a program that does nothing with it, but not one that has nothing to do', async () => {
      const idle = 'setTimeout(() => {}, 60_000)';
      await expect(run(idle, 300, stream(100))).rejects.toThrow('takes more time than allowed');
      await expect(run(idle, 300, stream(1))).rejects.toThrow('takes more time than allowed');
      expect((await run(echo, 700, stream(4, 1000))).text).toHaveLength(40_000);
    });

    it('fails as it fails', async () => {
      const failing = async function* () {
        yield* stream(1);
        throw new Error('the stream is broken');
      };
      await expect(run(echo, 20_000, failing())).rejects.toThrow('the stream is broken');
    });
  });
});
