import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { processesWith } from '../../../test/fixtures/audio/child-processes.ts';
import { bestDecoder, eachDecoder } from '../../../test/fixtures/audio/decoders.ts';
import { silentOpus } from '../../../test/fixtures/audio/ogg.ts';
import {
  fixturePath,
  garble,
  readFixture,
  silentWav,
  wavHeader,
} from '../../../test/fixtures/audio/samples.ts';
import type { Decoder, LiveFormat } from '../decoder.ts';

const FILE: LiveFormat = { type: 'file' };
const RAW: LiveFormat = { type: 'raw', encoding: 'pcm_s16le', sampleRate: 8_000 };
const WAIT_MS = 20_000;
const { signal } = new AbortController();
const decoder = bestDecoder();

function concat(chunks: readonly Float32Array[]): Float32Array {
  return Float32Array.from(chunks.flatMap((chunk) => [...chunk]));
}

async function collect(audio: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  for await (const chunk of audio) chunks.push(chunk);
  return concat(chunks);
}

async function* cut(bytes: Buffer, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const decodeAll = (bytes: Buffer, pieceBytes = 1000, format: LiveFormat = FILE) =>
  collect(decoder.decodeLive(cut(bytes, pieceBytes), format, signal));

/** Sends the last bytes of a stream only after samples have come out of it; says how many had. */
async function decodeHalting(by: Decoder, bytes: Buffer, sentFirst: number) {
  let onHeard = () => {};
  const heard = new Promise<void>((resolve) => {
    onHeard = resolve;
  });
  const pieces = async function* () {
    yield* cut(bytes.subarray(0, sentFirst), 333);
    const timer = setTimeout(() => controller.abort(new Error('nothing came out')), WAIT_MS);
    await heard;
    clearTimeout(timer);
    yield* cut(bytes.subarray(sentFirst), 333);
  };
  const controller = new AbortController();
  const chunks: Float32Array[] = [];
  for await (const chunk of by.decodeLive(pieces(), FILE, controller.signal)) {
    chunks.push(chunk);
    onHeard();
  }
  return concat(chunks);
}

const files = new Map<string, Promise<Float32Array>>();

/** The samples of a recording, decoded once. */
function decodeFile(name: string): Promise<Float32Array> {
  const samples = files.get(name) ?? collect(decoder.decode(fixturePath(name), signal));
  files.set(name, samples);
  return samples;
}

/** Part of `b` that is not in `a`, sample by sample. */
function distance(a: Float32Array, b: Float32Array): number {
  const energy = b.reduce((sum, value) => sum + value * value, 0);
  return b.reduce((sum, value, at) => sum + (value - (a[at] ?? 0)) ** 2, 0) / energy;
}

/** Processes of this one that decode a stream. */
async function children(): Promise<number[]> {
  const pids = await processesWith('pipe:0');
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return pids.filter((_, at) => stats[at]?.split(') ')[1]?.split(' ')[1] === String(process.pid));
}

/** With the share of it that is enough to hear something: pages of Vorbis are long. */
const RECORDINGS = [
  ['speech-opus.ogg', 0.5],
  ['speech.mp3', 0.5],
  ['speech.mp4', 0.5],
  ['speech.webm', 0.5],
  ['speech.aac', 0.5],
  ['speech.amr', 0.5],
  ['speech.flac', 0.5],
  ['speech.mp2', 0.5],
  ['speech.mpeg', 0.5],
  ['speech.wav', 0.1],
  ['speech-stereo.wav', 0.1],
  ['speech-vorbis.ogg', 0.8],
] as const;

describe.each(eachDecoder().map((each) => [each.kind, each] as const))('%s', (kind, each) => {
  // How each format is told and streamed is one code; the slow build shows that it can be streamed to.
  const recordings = kind === decoder.kind ? RECORDINGS : RECORDINGS.slice(0, 4);

  it.concurrent.each(recordings)('hears %s while it is sent as it does the file', async (name, share) => {
    const bytes = await readFixture(name);
    const samples = await decodeHalting(each, bytes, Math.floor(share * bytes.length));
    const whole = await decodeFile(name);
    // The padding of the last frame of an MP3 is told in the first, which FFmpeg does not look up in a stream.
    expect(samples.length - whole.length).toBeGreaterThanOrEqual(0);
    expect(samples.length - whole.length).toBeLessThanOrEqual(name === 'speech.mp3' ? 600 : 0);
    expect(distance(samples, whole)).toBeLessThan(0.001);
  });
});

describe.runIf(process.platform === 'linux').each(eachDecoder().map((each) => [each.kind, each] as const))(
  'process of %s',
  (_kind, each) => {
    const endless = async function* (mp3: Buffer) {
      yield* cut(mp3, 1000);
      await new Promise(() => {});
    };

    it('is gone at once when aborted while it waits for the sender', async () => {
      const controller = new AbortController();
      const audio = each.decodeLive(endless(await readFixture('speech.mp3')), FILE, controller.signal);
      const rest = collect(audio);
      while ((await children()).length === 0) await delay(5);
      controller.abort(new Error('enough'));
      await expect(rest).rejects.toThrow('enough');
      expect(await children()).toEqual([]);
    });

    it('is gone when aborted while nobody reads, or when the reader leaves', async () => {
      const mp3 = await readFixture('speech.mp3');
      const controller = new AbortController();
      const aborted = each.decodeLive(endless(mp3), FILE, controller.signal);
      const left = each.decodeLive(endless(mp3), FILE, signal);
      await Promise.all([aborted.next(), left.next()]);
      expect(await children()).toHaveLength(2);
      await left.return(undefined);
      expect(await children()).toHaveLength(1);
      controller.abort(new Error('enough'));
      await delay(100);
      expect(await children()).toEqual([]);
      await expect(collect(aborted)).rejects.toThrow('enough');
    });
  },
);

describe('decodeLive', () => {
  it.each([
    ['pcm_s16le', 16_000, 1e-8],
    ['pcm_f32le', 48_000, 1e-4],
    ['mulaw', 8_000, 1e-3],
  ] as const)('hears %s of %d Hz', async (encoding, sampleRate, maxDistance) => {
    const samples = Float32Array.from({ length: 16_000 }, (_, at) => tone(at / 16_000));
    const raw = Array.from({ length: sampleRate }, (_, at) => write[encoding](tone(at / sampleRate)));
    const heard = await decodeAll(Buffer.concat(raw), 777, { type: 'raw', encoding, sampleRate });
    expect(heard).toHaveLength(16_000);
    expect(distance(heard, samples)).toBeLessThanOrEqual(maxDistance);
  });

  it.each([0, 0xffff_ffff, 0x7fff_ffff])('does not wait for the end of a WAV of %d bytes', async (size) => {
    const header = wavHeader(0, { declaredBytes: size });
    const list = Buffer.from('LIST\x0e\0\0\0INFOISFT\x02\0\0\0a\0', 'latin1');
    const bytes = Buffer.concat([header.subarray(0, 36), list, header.subarray(36), Buffer.alloc(32_000)]);
    expect(await decodeHalting(decoder, bytes, 100)).toHaveLength(16_000);
  });

  it.each([
    ['float', { tag: 3, bitsPerSample: 32, sampleRate: 48_000, channels: 2 }, 384_000],
    ['24-bit', { bitsPerSample: 24, sampleRate: 16_000 }, 48_000],
    ['A-law', { tag: 6, bitsPerSample: 8, sampleRate: 8_000 }, 8_000],
    ['three-channel', { channels: 3 }, 96_000],
  ])('reads a WAV of %s samples, and nothing behind them', async (_what, shape, dataBytes) => {
    const list = Buffer.from(`LIST\x88\x13\0\0${'a'.repeat(5000)}`, 'latin1');
    const bytes = Buffer.concat([silentWav(dataBytes, shape), list]);
    expect(await decodeAll(bytes)).toHaveLength(16_000);
  });

  it('decodes an MP4 with its index at the end, when all is there', async () => {
    expect(await decodeAll(await readFixture('speech.m4a'))).toEqual(await decodeFile('speech.m4a'));
    const endless = async function* () {
      yield Buffer.from('\0\0\0\x10ftypM4A \0\0\0\0\x7f\0\0\0mdat', 'latin1');
      for (;;) yield Buffer.alloc(1_000_000);
    };
    await expect(decoder.decodeLive(endless(), FILE, signal).next()).rejects.toMatchObject({
      code: 'invalid_audio',
      detail: expect.stringContaining('64 MiB'),
    });
  });

  it('hears nothing in nothing', async () => {
    expect(await decodeAll(Buffer.alloc(0))).toHaveLength(0);
    expect(await decodeAll(silentWav(0))).toHaveLength(0);
    expect(await decodeAll(Buffer.alloc(0), 1, RAW)).toHaveLength(0);
  });

  it.each([
    ['text', async () => Buffer.from('no audio at all')],
    ['a playlist', async () => Buffer.from('#EXTM3U\n#EXTINF:1,\n/etc/passwd\n')],
    ['noise', async () => garble(Buffer.alloc(100_000), 0)],
  ])('does not know %s', async (_what, make) => {
    await expect(decodeAll(await make())).rejects.toMatchObject({
      code: 'invalid_audio',
      detail: 'Could not determine type of stream.',
    });
  });

  it.each(['speech.mp4', 'speech.m4a'])('refuses %s when it is garbled', async (name) => {
    const bytes = await readFixture(name);
    const start = bytes.indexOf('mdat') + 4;
    await expect(decodeAll(garble(bytes, start + 2000, start + 15_000))).rejects.toMatchObject({
      code: 'invalid_audio',
      detail: expect.not.stringMatching(/\//),
    });
  });

  it.each([
    ['raw', RAW, Buffer.alloc(2_000_000), 5_000],
    // A day in 2 MB: what comes out of the little that is read here fills all pipes.
    ['file', FILE, silentOpus(86_400), 1_000_000],
  ] as const)(
    'reads no more of a %s than is wanted, and tells the sender to stop',
    async (_what, format, bytes, maxBytes) => {
      let pulled = 0;
      let isStopped = false;
      const pieces = async function* () {
        try {
          for await (const piece of cut(bytes, 1000)) {
            pulled += piece.length;
            yield piece;
          }
        } finally {
          isStopped = true;
        }
      };
      const audio = decoder.decodeLive(pieces(), format, signal);
      await audio.next();
      await delay(200);
      expect(pulled).toBeLessThanOrEqual(maxBytes);
      expect(isStopped).toBe(false);
      await audio.return(undefined);
      await expect.poll(() => isStopped).toBe(true);
    },
  );

  it.each<[string, LiveFormat]>([
    ['raw', RAW],
    ['file', FILE],
  ])('fails with the sender of a %s', async (_what, format) => {
    const failing = async function* () {
      yield* cut(await readFixture('speech.mp3'), 1000);
      throw new Error('the connection is lost');
    };
    await expect(collect(decoder.decodeLive(failing(), format, signal))).rejects.toThrow(
      'connection is lost',
    );
  });

  it.each<[string, LiveFormat]>([
    ['raw', RAW],
    ['file', FILE],
  ])('ends with the signal, before and while it waits for the first bytes of a %s', async (_what, format) => {
    const silent = async function* (): AsyncGenerator<Uint8Array> {
      await new Promise(() => {});
    };
    const controller = new AbortController();
    const next = decoder.decodeLive(silent(), format, controller.signal).next();
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(next).rejects.toThrow('enough');
    const late = decoder.decodeLive(cut(Buffer.alloc(9), 1), format, controller.signal);
    await expect(late.next()).rejects.toThrow('enough');
  });
});

function tone(seconds: number): number {
  return 0.5 * Math.sin(2 * Math.PI * 440 * seconds);
}

const write = {
  pcm_s16le(sample: number): Buffer {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16LE(Math.round(sample * 32_767));
    return bytes;
  },
  pcm_f32le(sample: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(sample);
    return bytes;
  },
  /** G.711, by its definition: the segment is where the highest bit is. */
  mulaw(sample: number): Buffer {
    const magnitude = Math.min(32_635, Math.abs(Math.round(sample * 32_767))) + 132;
    const segment = 24 - Math.clz32(magnitude);
    const sign = sample < 0 ? 128 : 0;
    return Buffer.from([~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 15)) & 255]);
  },
};
