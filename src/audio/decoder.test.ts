import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eachDecoder } from '../../test/fixtures/audio/decoders.ts';
import { fixturePath, readFixture, silentWav, wavHeader } from '../../test/fixtures/audio/samples.ts';
import { temporaryFolder } from '../../test/fixtures/audio/temporary-folder.ts';
import type { Decoder } from './decoder.ts';

const SPEECH_SECONDS = 2.99;
const ENVELOPE_SAMPLES = 320;
const MAX_SHIFT = 8;
const { signal } = new AbortController();
const folder = temporaryFolder();

const decodeAll = (decoder: Decoder, path: string) => collect(decoder.decode(path, signal));

async function collect(audio: AsyncIterable<Float32Array>): Promise<Float32Array> {
  const chunks: Float32Array[] = [];
  for await (const chunk of audio) {
    expect(chunk.length).toBeLessThanOrEqual(16_000);
    chunks.push(chunk);
  }
  return Float32Array.from(chunks.flatMap((chunk) => [...chunk]));
}

/** Loudness of each 20 ms. */
function envelope(samples: Float32Array): number[] {
  return Array.from({ length: Math.floor(samples.length / ENVELOPE_SAMPLES) }, (_, i) => {
    const part = samples.subarray(i * ENVELOPE_SAMPLES, (i + 1) * ENVELOPE_SAMPLES);
    return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
  });
}

function correlation(a: number[], b: number[]): number {
  const length = Math.min(a.length, b.length);
  const centred = [a, b].map((values) => {
    const part = values.slice(0, length);
    const mean = part.reduce((sum, value) => sum + value, 0) / length;
    return part.map((value) => value - mean);
  });
  const dot = (x: number[] = [], y: number[] = []) =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  const [x, y] = centred;
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

/** 1 for the same speech; encoders delay it by a few hundredths of a second. */
function likeness(a: Float32Array, b: Float32Array): number {
  const [x, y] = [envelope(a), envelope(b)];
  const shifts = Array.from({ length: MAX_SHIFT }, (_, shift) => correlation(x, y.slice(shift)));
  return Math.max(...shifts);
}

describe.each(eachDecoder().map((decoder) => [decoder.kind, decoder] as const))('%s', (_kind, decoder) => {
  it.each([
    ['speech.wav', 'wav'],
    ['speech.mp3', 'mp3'],
    ['speech.aac', 'aac'],
    ['speech-opus.ogg', 'ogg'],
    ['speech-vorbis.ogg', 'ogg'],
    ['speech.mpeg', 'mpeg'],
    ['speech.mp2', 'mpeg'],
    ['speech.amr', 'amr'],
    ['speech.m4a', 'm4a'],
    ['speech.mp4', 'mp4'],
    ['speech.flac', 'flac'],
    ['speech.webm', 'webm'],
  ])('hears the same speech in %s', async (name, format) => {
    const path = fixturePath(name);
    const info = await decoder.probe(path, signal);
    expect(info).toMatchObject({ format, channels: 1 });
    expect(Math.abs(info.durationSeconds - SPEECH_SECONDS)).toBeLessThan(0.1);
    const samples = await decodeAll(decoder, path);
    expect(Math.abs(samples.length / 16_000 - SPEECH_SECONDS)).toBeLessThan(0.1);
    const original = await decodeAll(decoder, fixturePath('speech.wav'));
    // AMR keeps less than 4 kHz, and is silent between words.
    expect(likeness(original, samples)).toBeGreaterThan(format === 'amr' ? 0.85 : 0.95);
  });

  it('mixes and resamples', async () => {
    const path = fixturePath('speech-stereo.wav');
    expect(await decoder.probe(path, signal)).toEqual({ format: 'wav', durationSeconds: 1.5, channels: 2 });
    const samples = await decodeAll(decoder, path);
    expect(samples.length).toBe(24_000);
    const original = await decodeAll(decoder, fixturePath('speech.wav'));
    expect(likeness(original.subarray(0, 24_000), samples)).toBeGreaterThan(0.98);
  });

  it.each([
    ['mu-law', { tag: 7, bitsPerSample: 8, sampleRate: 8000 }, 8000],
    ['float', { tag: 3, bitsPerSample: 32, sampleRate: 48_000, channels: 2 }, 384_000],
    ['32-bit', { bitsPerSample: 32, sampleRate: 16_000 }, 64_000],
  ])('reads WAV of %s samples', async (what, shape, dataBytes) => {
    const path = join(folder(), `${what}.wav`);
    await writeFile(path, silentWav(dataBytes, shape));
    expect(await decoder.probe(path, signal)).toMatchObject({ durationSeconds: 1 });
    expect(await decodeAll(decoder, path)).toHaveLength(16_000);
  });

  it('puts silence where AMR has none to send', async () => {
    const amr = await readFixture('speech.amr');
    const path = join(folder(), 'pause.amr');
    await writeFile(path, Buffer.concat([amr, Buffer.alloc(100, 0x7c), amr.subarray(6)]));
    expect(await decoder.probe(path, signal)).toMatchObject({ durationSeconds: 8 });
    const samples = await decodeAll(decoder, path);
    expect(Math.abs(samples.length / 16_000 - 8)).toBeLessThan(0.1);
  });

  it.each(['\'"`; $(touch x) \n é%d.mp3', 'concat:a|b'])(
    'takes the name %j for nothing but a name',
    async (name) => {
      const path = join(folder(), name);
      await copyFile(fixturePath('speech.mp3'), path);
      expect(await decoder.probe(path, signal)).toMatchObject({ format: 'mp3' });
    },
  );
});

/** How much of a tone there is: 1 for nothing but a sine of this frequency. */
function shareOfTone(samples: Float32Array, hertz: number): number {
  const phase = (at: number) => (2 * Math.PI * hertz * at) / 16_000;
  const sine = samples.reduce((sum, sample, at) => sum + sample * Math.sin(phase(at)), 0);
  const cosine = samples.reduce((sum, sample, at) => sum + sample * Math.cos(phase(at)), 0);
  const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
  return (2 * (sine * sine + cosine * cosine)) / (samples.length * energy);
}

/** A second of 16-bit samples at 48 kHz with a tone of its own in each channel, 100 Hz apart. */
function tonesWav(channels: number): Buffer {
  const data = Buffer.alloc(48_000 * channels * 2);
  for (let at = 0; at < 48_000 * channels; at++) {
    const hertz = 400 + 100 * (at % channels);
    const seconds = Math.floor(at / channels) / 48_000;
    data.writeInt16LE(Math.round(16_000 * Math.sin(2 * Math.PI * hertz * seconds)), 2 * at);
  }
  return Buffer.concat([wavHeader(data.length, { channels, sampleRate: 48_000 }), data]);
}

describe.each(eachDecoder({ maxChannels: 64 }).map((decoder) => [decoder.kind, decoder] as const))(
  'channels, %s',
  (_kind, decoder) => {
    const channelOf = (path: string, channel: number) =>
      collect(decoder.decodeChannel(path, channel, signal));

    it.each(['tones.flac', 'tones.mp4'])('of %s are told apart', async (name) => {
      const path = fixturePath(name);
      expect(await decoder.probe(path, signal)).toMatchObject({ channels: 2 });
      const [left, right] = [await channelOf(path, 0), await channelOf(path, 1)];
      for (const [samples, hertz, other] of [
        [left, 440, 1000],
        [right, 1000, 440],
      ] as const) {
        expect(Math.abs(samples.length - 16_000)).toBeLessThan(1_600);
        expect(shareOfTone(samples, hertz)).toBeGreaterThan(0.8);
        expect(shareOfTone(samples, other)).toBeLessThan(0.01);
      }
      const mixed = await decodeAll(decoder, path);
      expect(shareOfTone(mixed, 440)).toBeGreaterThan(0.3);
      expect(shareOfTone(mixed, 1000)).toBeGreaterThan(0.3);
    });

    it.each([
      [1, [0]],
      [3, [0, 2]],
      [64, [63]],
    ])('of a WAV with %d are told apart', async (channels, chosen) => {
      const path = join(folder(), `tones-${channels}.wav`);
      await writeFile(path, tonesWav(channels));
      expect(await decoder.probe(path, signal)).toEqual({ format: 'wav', durationSeconds: 1, channels });
      for (const channel of chosen) {
        const samples = await channelOf(path, channel);
        expect(samples).toHaveLength(16_000);
        expect(shareOfTone(samples, 400 + 100 * channel)).toBeGreaterThan(0.95);
      }
    });

    it('of a plain WAV are the file as it is', async () => {
      const path = fixturePath('speech.wav');
      expect(await channelOf(path, 0)).toEqual(await decodeAll(decoder, path));
    });
  },
);

describe('WAV that was streamed', () => {
  it.each([0, 0xffff_ffff, 0x7fff_ffff])('is accepted with a data size of %d', async (declaredBytes) => {
    const path = join(folder(), `streamed-${declaredBytes}.wav`);
    await writeFile(path, Buffer.concat([wavHeader(0, { declaredBytes }), Buffer.alloc(32_000)]));
    for (const decoder of eachDecoder()) {
      expect(await decoder.probe(path, signal)).toEqual({ format: 'wav', durationSeconds: 1, channels: 1 });
      expect(await decodeAll(decoder, path)).toHaveLength(16_000);
    }
  });
});
