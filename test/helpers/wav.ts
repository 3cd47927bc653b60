import { readFileSync } from 'node:fs';

/** Samples in [-1, 1] of a 16-bit mono PCM WAV file with the plain 44-byte header of the fixtures. */
export function readWav(path: string | URL): Float32Array {
  const bytes = readFileSync(path);
  if (bytes.toString('latin1', 36, 40) !== 'data') throw new TypeError('not a plain WAV file');
  const samples = new Float32Array(bytes.readUInt32LE(40) / 2);
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = bytes.readInt16LE(44 + index * 2) / 32_768;
  }
  return samples;
}
