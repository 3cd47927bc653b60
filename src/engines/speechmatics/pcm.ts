/** An eighth of a second, 4 KiB: what the official clients send at a time. */
const PIECE_SAMPLES = 2_048;

/** Parts of a chunk that are sent in a message each. */
export function* piecesOf(chunk: Float32Array): Generator<Float32Array> {
  for (let at = 0; at < chunk.length; at += PIECE_SAMPLES) yield chunk.subarray(at, at + PIECE_SAMPLES);
}

/** Samples in [-1, 1] as 16-bit little-endian integers. */
export function toPcm(samples: Float32Array): Buffer {
  const bytes = Buffer.allocUnsafe(samples.length * 2);
  samples.forEach((sample, index) => {
    bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))), index * 2);
  });
  return bytes;
}
