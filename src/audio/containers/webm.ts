import type { AudioFile } from '../audio-file.ts';
import type { Claim } from './claim.ts';

const SEGMENT = 0x18538067;

/** The segment must end inside the file. Recorders that stream leave its size unknown. */
export async function readWebmClaim(file: AudioFile): Promise<Claim> {
  const header = readSize(await file.read(4, 8));
  if (!header) return {};
  const position = 4 + header.lengthBytes + header.value;
  const bytes = await file.read(position, 12);
  if (bytes.length < 12) return { cut: true };
  if (bytes.readUInt32BE(0) !== SEGMENT) return {};
  const size = readSize(bytes.subarray(4));
  if (!size || size.unknown) return {};
  return { cut: position + 4 + size.lengthBytes + size.value > file.sizeBytes };
}

/** An EBML variable-length size: the leading zero bits of its first byte tell how many bytes follow. */
function readSize(bytes: Buffer): { value: number; lengthBytes: number; unknown: boolean } | undefined {
  const first = bytes.at(0) ?? 0;
  const lengthBytes = Math.clz32(first) - 23;
  if (first === 0 || bytes.length < lengthBytes) return undefined;
  let value = first & (0xff >> lengthBytes);
  for (const byte of bytes.subarray(1, lengthBytes)) value = value * 256 + byte;
  return { value, lengthBytes, unknown: value >= 2 ** (7 * lengthBytes) - 1 };
}
