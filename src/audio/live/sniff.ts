import { findFrames, HEAD_BYTES, type Identified, id3Bytes, identifyHead, MAX_TAGS } from '../format.ts';
import type { ByteReader } from './byte-reader.ts';

const ID3_HEADER_BYTES = 10;
/** Where the name of a container stands: with less, one might be taken for another. */
const NAME_BYTES = 64;

/**
 * As `identify`, of a stream, with no more bytes than it takes. Reads over tags, and over the end of a frame in the middle of
 * which a broadcast was joined. `undefined`: it is nothing that is known, or has ended.
 */
export async function sniff(reader: ByteReader): Promise<Identified | undefined> {
  let start = 0;
  for (let tags = 0; tags < MAX_TAGS; tags++) {
    const tagBytes = id3Bytes(await reader.peek(ID3_HEADER_BYTES));
    if (tagBytes === undefined) break;
    await reader.skip(tagBytes);
    start += tagBytes;
  }
  await reader.peek(NAME_BYTES);
  for (;;) {
    const identified = identifyHead(reader.head, start);
    if (identified) return identified;
    if (!(await reader.more())) break;
  }
  const joinedAt = findFrames(reader.head.subarray(0, HEAD_BYTES));
  if (joinedAt === undefined) return undefined;
  await reader.skip(joinedAt);
  return identifyHead(reader.head, start);
}
