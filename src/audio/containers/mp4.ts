import type { AudioFile } from '../audio-file.ts';
import type { Claim } from './claim.ts';

/** A fragmented file has two boxes per fragment; past this many, it is taken as it is. */
const MAX_BOXES = 20_000;

/** Walks the top-level boxes: the last one must end where the file does. */
export async function readMp4Claim(file: AudioFile): Promise<Claim> {
  let position = 0;
  for (let boxes = 0; boxes < MAX_BOXES && position < file.sizeBytes; boxes++) {
    const head = await file.read(position, 16);
    const sizeBytes = readBoxBytes(head);
    if (sizeBytes === undefined) return { cut: true };
    if (sizeBytes < 8) return {};
    position += sizeBytes;
  }
  return { cut: position > file.sizeBytes };
}

/**
 * Size of the box that begins with these 16 bytes. Less than 8, it is no size (0 means: to the end of the file);
 * `undefined` if there are not enough bytes to tell.
 */
export function readBoxBytes(head: Buffer): number | undefined {
  if (head.length < 8) return undefined;
  const sizeBytes = head.readUInt32BE(0);
  if (sizeBytes !== 1) return sizeBytes;
  return head.length < 16 ? undefined : Number(head.readBigUInt64BE(8));
}
