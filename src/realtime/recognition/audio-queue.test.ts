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

  it('keeps nothing of what came with a small piece', async () => {
    const queue = new AudioQueue(() => {});
    for (let pieces = 0; pieces < 10; pieces += 1) queue.push(Buffer.alloc(1_000_000).subarray(0, 1));
    queue.end();
    for await (const block of queue) expect(block.buffer.byteLength).toBeLessThan(10_000);
  });

  it('puts pieces of a byte together, and keeps no empty ones', async () => {
    const queue = new AudioQueue(() => {});
    for (let sent = 0; sent < 5_000; sent += 1) {
      queue.push(Buffer.from([sent % 251]));
      queue.push(Buffer.alloc(0));
    }
    queue.end();
    const blocks = await read(queue);
    expect(Buffer.concat(blocks)).toEqual(
      Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 251)),
    );
    expect(blocks.length).toBeLessThan(10);
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
