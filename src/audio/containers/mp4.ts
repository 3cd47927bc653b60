import type { AudioFile } from '../audio-file.ts';
import type { Claim } from './claim.ts';

/** A fragmented file has two boxes per fragment; past this many, it is taken as it is. */
const MAX_BOXES = 20_000;

/** Walks the top-level boxes: the last one must end where the file does. */
export async function readMp4Claim(file: AudioFile): Promise<Claim> {
  let position = 0;
  for (let boxes = 0; boxes < MAX_BOXES && position < file.sizeBytes; boxes++) {
    const head = await file.read(position, 16);
    if (head.length < 8) return { cut: true };
    let sizeBytes = head.readUInt32BE(0);
    if (sizeBytes === 0) return {};
    if (sizeBytes === 1) {
      if (head.length < 16) return { cut: true };
      sizeBytes = Number(head.readBigUInt64BE(8));
    }
    if (sizeBytes < 8) return {};
    position += sizeBytes;
  }
  return { cut: position > file.sizeBytes };
}
