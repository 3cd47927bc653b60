import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bestDecoder } from '../../../test/fixtures/audio/decoders.ts';
import { wavHeader } from '../../../test/fixtures/audio/samples.ts';
import { temporaryFolder } from '../../../test/fixtures/audio/temporary-folder.ts';
import { createScripted } from '../../engines/scripted/engine.ts';
import { sayWords } from '../../engines/scripted/script.ts';
import type { Item } from '../../transcripts/item.ts';
import type { TranscriptionConfig } from '../config/schema.ts';
import { recognize } from './recognize.ts';

const RATE = 16_000;
const SECONDS = 4;
const { signal } = new AbortController();
const folder = temporaryFolder();
// Words of 0.3 s that begin at 0.1, 0.5, 0.9, ... s, each said if there is sound from the end of the one before.
const deps = { decoder: bestDecoder(), engine: createScripted(sayWords('one', 'two', 'three', 'four')) };

/** The peak of a sine at each time of each channel, as a WAV file of 4 s. */
async function save(name: string, channels: readonly ((seconds: number) => number)[]): Promise<string> {
  const data = Buffer.alloc(SECONDS * RATE * channels.length * 2);
  for (let at = 0; at < SECONDS * RATE; at++) {
    const sine = Math.sin((2 * Math.PI * 440 * at) / RATE);
    channels.forEach((peak, channel) => {
      data.writeInt16LE(Math.round(32_767 * peak(at / RATE) * sine), 2 * (at * channels.length + channel));
    });
  }
  const path = join(folder(), `${name}.wav`);
  await writeFile(path, Buffer.concat([wavHeader(data.length, { channels: channels.length }), data]));
  return path;
}

function run(path: string, asked: TranscriptionConfig = {}, onProgress?: (secondsDone: number) => void) {
  const config = { type: 'transcription' as const, transcription_config: { language: 'en', ...asked } };
  return recognize(deps, { path, config, ...(onProgress && { onProgress }) }, signal);
}

const textOf = (items: readonly Item[] = []) => items.map(({ content }) => content).join(' ');
const volumesOf = (items: readonly Item[] = []) => items.map(({ volume }) => volume);

describe('channels', () => {
  const firstSecond = (seconds: number) => (seconds < 0.8 ? 0.5 : 0);
  const fromThen = (seconds: number) => (seconds < 0.8 ? 0 : 0.5);

  it('are recognised each by itself under their labels', async () => {
    const path = await save('turns', [firstSecond, fromThen]);
    const channels = await run(path, { diarization: 'channel', channel_diarization_labels: ['left'] });
    expect(channels.map(textOf)).toEqual(['one two', 'three four .']);
    expect(channels.map((items) => items[0]?.channel)).toEqual(['left', 'channel_2']);
  });

  it('are mixed unless they are told apart, whatever the labels', async () => {
    const path = await save('mixed', [firstSecond, fromThen]);
    const [items, ...more] = await run(path, { channel_diarization_labels: ['left', 'right'] });
    expect(textOf(items)).toBe('one two three four .');
    expect(more).toEqual([]);
    expect(items?.some((item) => 'channel' in item || 'volume' in item)).toBe(false);
  });
});

describe('the volume of a word', () => {
  // -6 dBFS, -18 dBFS, -6 dBFS, -42 dBFS.
  const peaks = [0.5, 0.125, 0.5, 0.0079];
  const words = (seconds: number) => peaks[Math.floor((seconds - 0.05) / 0.4)] ?? 0;

  it('is measured where it is said, and marks have none', async () => {
    const [items] = await run(await save('volumes', [words]), { audio_filtering_config: {} });
    expect(textOf(items)).toBe('one two three four .');
    expect(volumesOf(items)).toEqual([
      expect.closeTo(90, 0),
      expect.closeTo(70, 0),
      expect.closeTo(90, 0),
      expect.closeTo(30, 0),
      undefined,
    ]);
  });

  it('decides what is left out, with the mark behind it', async () => {
    const path = await save('filtered', [words]);
    const heard = async (volume_threshold: number) =>
      textOf((await run(path, { audio_filtering_config: { volume_threshold } }))[0]);
    expect(await heard(0)).toBe('one two three four .');
    expect(await heard(50)).toBe('one two three');
    expect(await heard(80)).toBe('one three');
    expect(await heard(100)).toBe('');
  });

  it('is that of its own channel', async () => {
    const path = await save('own', [() => 0.5, () => 0.125]);
    const channels = await run(path, { diarization: 'channel', audio_filtering_config: {} });
    expect(channels.map((items) => Math.round(items[0]?.volume ?? 0))).toEqual([90, 70]);
  });
});

describe('progress', () => {
  it.each(['none', 'channel'] as const)(
    'is told in seconds of the recording, diarization %s',
    async (diarization) => {
      const path = await save(`progress-${diarization}`, [() => 0.5, () => 0.5]);
      const told: number[] = [];
      await run(path, { diarization }, (seconds) => told.push(seconds));
      expect(told.at(-1)).toBe(SECONDS);
      expect(told.length).toBeGreaterThanOrEqual(2 * SECONDS);
      expect(told).toEqual([...told].sort((a, b) => a - b));
    },
  );
});
