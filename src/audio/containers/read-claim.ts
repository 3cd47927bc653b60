import type { AudioFile } from '../audio-file.ts';
import type { AudioFormat } from '../format.ts';
import type { Claim } from './claim.ts';
import { readFlacClaim } from './flac.ts';
import { readMp3Claim } from './mp3.ts';
import { readMp4Claim } from './mp4.ts';
import { readOggClaim } from './ogg.ts';
import { readWavHeader } from './wav.ts';
import { readWebmClaim } from './webm.ts';

const READERS: Partial<Record<AudioFormat, (file: AudioFile, start: number) => Promise<Claim>>> = {
  wav: readWavClaim,
  mp3: readMp3Claim,
  flac: readFlacClaim,
  ogg: readOggClaim,
  m4a: readMp4Claim,
  mp4: readMp4Claim,
  webm: readWebmClaim,
};

/** `start`: where the audio begins, behind tags. Formats that declare no length claim nothing. */
export async function readClaim(file: AudioFile, format: AudioFormat, start: number): Promise<Claim> {
  return (await READERS[format]?.(file, start)) ?? {};
}

async function readWavClaim(file: AudioFile): Promise<Claim> {
  const header = await readWavHeader(file);
  if (!header?.declaredBytes || header.bytesPerSecond === 0) return {};
  return { seconds: header.declaredBytes / header.bytesPerSecond };
}
