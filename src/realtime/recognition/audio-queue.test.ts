import { describe, expect, it } from 'vitest';
import { AudioQueue } from './audio-queue.ts';

async function read(queue: AudioQueue): Promise<Buffer[]> {
  const blocks: Buffer[] = [];
  for await (const block of queue) blocks.push(Buffer.from(block));
  return blocks;
}

describe('AudioQueue', () => {
  it('hands everything on, in its order, many pieces at a time', async () => {
    let taken = 0;
    const queue = new AudioQueue(() => {
      taken += 1;
    });
    const pieces = Array.from({ length: 1_000 }, (_, index) => Buffer.alloc(321, index % 251));
    for (const piece of pieces) queue.push(piece);
    expect(queue.bytes).toBe(321_000);
    queue.end();
    const blocks = await read(queue);
    expect(Buffer.concat(blocks).equals(Buffer.concat(pieces))).toBe(true);
    expect(blocks.length).toBeLessThan(10);
    expect(taken).toBe(blocks.length);
    expect(queue.bytes).toBe(0);
  });

  it('waits for more', async () => {
    const queue = new AudioQueue(() => {});
    const reading = read(queue);
    queue.push(Buffer.from('a'));
    await new Promise(setImmediate);
    queue.push(Buffer.from(''));
    queue.push(Buffer.from('b'));
    queue.end();
    expect(Buffer.concat(await reading).toString()).toBe('ab');
  });
});
