/**
 * How many bytes of a WAV file make a second, by its `fmt ` chunk; `undefined` for what is no WAV file, or does not say.
 * @param start the first bytes of the file.
 */
export function bytesPerSecondOfWav(start: Uint8Array): number | undefined {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const name = (at: number) => bytes.toString('latin1', at, at + 4);
  if (!['RIFF', 'RF64'].includes(name(0)) || name(8) !== 'WAVE') return undefined;
  for (let at = 12; at + 20 <= bytes.length; ) {
    if (name(at) === 'fmt ') return bytes.readUInt32LE(at + 16) || undefined;
    const sizeBytes = bytes.readUInt32LE(at + 4);
    at += 8 + sizeBytes + (sizeBytes % 2);
  }
  return undefined;
}
