import { type Encoding, SAMPLE_BYTES, toFloats } from '../samples.ts';

/** Frames made samples at once, however many come in one piece. */
const BLOCK_FRAMES = 16_384;

/**
 * Turns bytes, cut anywhere, into mono samples in [-1, 1] as they come; several channels are mixed. An incomplete sample
 * at the end is left out.
 */
export async function* readSamples(
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  channels = 1,
): AsyncGenerator<Float32Array> {
  const frameBytes = SAMPLE_BYTES[encoding] * channels;
  const blockBytes = frameBytes * BLOCK_FRAMES;
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of bytes) {
    const all = Buffer.concat([rest, piece]);
    const end = all.length - (all.length % frameBytes);
    for (let at = 0; at < end; at += blockBytes) {
      yield mix(toFloats(all.subarray(at, Math.min(end, at + blockBytes)), encoding), channels);
    }
    rest = all.subarray(end);
  }
}

function mix(samples: Float32Array, channels: number): Float32Array {
  if (channels === 1) return samples;
  const mixed = new Float32Array(samples.length / channels);
  for (let at = 0; at < samples.length; at += channels) {
    const frame = samples.subarray(at, at + channels);
    mixed[at / channels] = frame.reduce((sum, sample) => sum + sample, 0) / channels;
  }
  return mixed;
}
