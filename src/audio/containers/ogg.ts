import type { AudioFile } from '../audio-file.ts';
import type { Claim } from './claim.ts';

const CAPTURE = Buffer.from('OggS');
const HEADER_BYTES = 27;
const MAX_PAGE_BYTES = 65_307;

/**
 * Ogg declares no length, but its pages do. A missing end-of-stream mark is not held against a file:
 * recordings of live streams lack it.
 */
export async function readOggClaim(file: AudioFile): Promise<Claim> {
  const tail = await file.read(Math.max(0, file.sizeBytes - 2 * MAX_PAGE_BYTES), 2 * MAX_PAGE_BYTES);
  const at = tail.lastIndexOf(CAPTURE);
  if (at < 0) return {};
  const page = tail.subarray(at);
  const segments = page.length < HEADER_BYTES ? undefined : page.readUInt8(HEADER_BYTES - 1);
  if (segments === undefined || page.length < HEADER_BYTES + segments) return { cut: true };
  const lengths = page.subarray(HEADER_BYTES, HEADER_BYTES + segments);
  const payloadBytes = lengths.reduce((sum, length) => sum + length, 0);
  return { cut: page.length < HEADER_BYTES + segments + payloadBytes };
}
