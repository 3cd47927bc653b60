import { SAMPLE_RATE } from './sample-rate.ts';

/** Half a second. */
const CHUNK_SAMPLES = SAMPLE_RATE / 2;
const CHUNK_BYTES = CHUNK_SAMPLES * 2;

/** Regroups 16-bit little-endian samples, cut anywhere, to chunks of half a second of floats in [-1, 1). */
export async function* toChunks(pcm: AsyncIterable<Buffer>): AsyncGenerator<Float32Array> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const bytes of pcm) {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    let at = 0;
    for (; pending.length - at >= CHUNK_BYTES; at += CHUNK_BYTES) {
      yield toFloats(pending.subarray(at, at + CHUNK_BYTES), 'pcm_s16le');
    }
    pending = pending.subarray(at);
  }
  if (pending.length >= 2) yield toFloats(pending, 'pcm_s16le');
}

/** How one sample is written, in FFmpeg's words. */
export type Encoding = 'pcm_u8' | 'pcm_s16le' | 'pcm_s24le' | 'pcm_s32le' | 'pcm_f32le' | 'mulaw';

export const SAMPLE_BYTES: Readonly<Record<Encoding, number>> = {
  pcm_u8: 1,
  pcm_s16le: 2,
  pcm_s24le: 3,
  pcm_s32le: 4,
  pcm_f32le: 4,
  mulaw: 1,
};

const READERS: Readonly<Record<Encoding, (bytes: Buffer, at: number) => number>> = {
  pcm_u8: (bytes, at) => (bytes.readUInt8(at) - 128) / 128,
  pcm_s16le: (bytes, at) => bytes.readInt16LE(at) / 32_768,
  pcm_s24le: (bytes, at) => bytes.readIntLE(at, 3) / 2 ** 23,
  pcm_s32le: (bytes, at) => bytes.readInt32LE(at) / 2 ** 31,
  pcm_f32le: (bytes, at) => toRange(bytes.readFloatLE(at)),
  mulaw: (bytes, at) => MULAW[bytes.readUInt8(at)] ?? 0,
};
const MULAW = Float32Array.from({ length: 256 }, (_, byte) => readMulaw(byte));

/** Samples in [-1, 1]; an incomplete one at the end is left out. */
export function toFloats(bytes: Buffer, encoding: Encoding): Float32Array {
  const sampleBytes = SAMPLE_BYTES[encoding];
  const read = READERS[encoding];
  const floats = new Float32Array(Math.floor(bytes.length / sampleBytes));
  for (let i = 0; i < floats.length; i++) floats[i] = read(bytes, i * sampleBytes);
  return floats;
}

/** What is no number, or none of this world, would spoil all that is computed from it. */
function toRange(sample: number): number {
  return Number.isFinite(sample) ? Math.min(1, Math.max(-1, sample)) : 0;
}

/** ITU-T G.711: sign, exponent and mantissa, all bits inverted. */
function readMulaw(byte: number): number {
  const bits = ~byte;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return (bits & 128 ? -magnitude : magnitude) / 32_768;
}
