import { describe, expect, it } from 'vitest';
import { garble, readFixture } from '../../../test/fixtures/audio/samples.ts';
import { HEAD_BYTES } from '../format.ts';
import { ByteReader } from './byte-reader.ts';
import { sniff } from './sniff.ts';

/** What is told of a stream, how many bytes of it that took, and what is left to read. */
async function sniffed(bytes: Buffer, pieceBytes = 100) {
  let pulled = 0;
  const pieces = async function* () {
    for (; pulled < bytes.length; ) {
      const piece = bytes.subarray(pulled, pulled + pieceBytes);
      pulled += piece.length;
      yield piece;
    }
  };
  const reader = new ByteReader(pieces(), HEAD_BYTES);
  const identified = await sniff(reader);
  const takenBytes = pulled;
  const rest: Uint8Array[] = [];
  for await (const piece of reader.rest()) rest.push(piece);
  return { format: identified?.format, takenBytes, rest: Buffer.concat(rest) };
}

function tag(bytes: number): Buffer {
  const digits = [21, 14, 7, 0].map((shift) => (bytes >> shift) & 127);
  return Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, ...digits]), Buffer.alloc(bytes, 'x')]);
}

async function untagged(): Promise<Buffer> {
  const mp3 = await readFixture('speech.mp3');
  return mp3.subarray(mp3.indexOf(0xff));
}

describe('sniff', () => {
  it.each([
    ['speech.wav', 'wav', 100],
    ['speech-opus.ogg', 'ogg', 100],
    ['speech.flac', 'flac', 100],
    ['speech.webm', 'webm', 100],
    ['speech.amr', 'amr', 100],
    ['speech.mpeg', 'mpeg', 100],
    ['speech.m4a', 'm4a', 100],
    ['speech.mp4', 'mp4', 100],
    ['speech.mp3', 'mp3', 500],
    ['speech.mp2', 'mpeg', 1000],
    ['speech.aac', 'aac', 1500],
  ])('tells %s from its beginning, and leaves it whole', async (name, format, maxBytes) => {
    const bytes = await readFixture(name);
    const found = await sniffed(bytes);
    expect(found.format).toBe(format);
    expect(found.takenBytes).toBeLessThanOrEqual(maxBytes);
    // Of tags nothing is left.
    expect(found.rest.equals(bytes.subarray(bytes.length - found.rest.length))).toBe(true);
    expect(found.rest.length).toBeGreaterThan(bytes.length - (format === 'mp3' ? 100 : 1));
  });

  it.each([1, 9, 20_000])('is not misled by the ends of pieces of %d bytes', async (pieceBytes) => {
    expect((await sniffed(await readFixture('speech.m4a'), pieceBytes)).format).toBe('m4a');
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic'.padEnd(200), 'latin1');
    expect((await sniffed(heic, pieceBytes)).format).toBeUndefined();
  });

  it('reads over tags larger than what it looks at', async () => {
    const mp3 = await untagged();
    const found = await sniffed(Buffer.concat([tag(300_000), tag(5), mp3]), 777);
    expect(found.format).toBe('mp3');
    expect(found.rest.equals(mp3)).toBe(true);
  });

  it.each(['speech.mp3', 'speech.mp2', 'speech.aac'])('joins %s in the middle of a frame', async (name) => {
    const bytes = name === 'speech.mp3' ? await untagged() : await readFixture(name);
    const broadcast = Buffer.concat(Array.from({ length: 3 }, () => bytes)).subarray(50);
    const [joined, whole] = [await sniffed(broadcast), await sniffed(bytes)];
    expect(joined.format).toBe(whole.format);
    expect(joined.rest.length).toBeGreaterThan(broadcast.length - 1000);
    expect(joined.rest.readUInt16BE(0) >>> 5).toBe(0x7ff);
  });

  it('gives up when enough was seen, or all', async () => {
    const noise = garble(Buffer.alloc(200_000), 0);
    const found = await sniffed(noise);
    expect(found.format).toBeUndefined();
    expect(found.takenBytes).toBeLessThan(HEAD_BYTES + 200);
    expect((await sniffed(Buffer.from('no audio'))).format).toBeUndefined();
    expect((await sniffed(tag(5))).format).toBeUndefined();
  });
});
