import type { AudioFile } from '../audio-file.ts';
import type { Claim } from './claim.ts';

const STREAMINFO_END = 42;

/** Total samples of the STREAMINFO block; zero means unknown. */
export async function readFlacClaim(file: AudioFile, start: number): Promise<Claim> {
  const bytes = await file.read(start, STREAMINFO_END);
  if (bytes.length < STREAMINFO_END) return { cut: true };
  const sampleRate = bytes.readUIntBE(18, 3) >>> 4;
  const samples = (bytes.readUInt8(21) & 15) * 2 ** 32 + bytes.readUInt32BE(22);
  return sampleRate > 0 && samples > 0 ? { seconds: samples / sampleRate } : {};
}
