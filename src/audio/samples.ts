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
      yield toFloats(pending.subarray(at, at + CHUNK_BYTES));
    }
    pending = pending.subarray(at);
  }
  if (pending.length >= 2) yield toFloats(pending);
}

function toFloats(pcm: Buffer): Float32Array {
  const floats = new Float32Array(pcm.length >> 1);
  for (let i = 0; i < floats.length; i++) floats[i] = pcm.readInt16LE(2 * i) / 32_768;
  return floats;
}
