import { expect, it } from 'vitest';
import { bytesPerSecondOfWav } from './wav-header.ts';

function chunk(name: string, bytes: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
}

function format(bytesPerSecond: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(bytesPerSecond, 8);
  return chunk('fmt ', bytes);
}

const wav = (name: string, ...chunks: readonly Buffer[]) =>
  Buffer.concat([Buffer.from(`${name}\xff\xff\xff\xffWAVE`, 'latin1'), ...chunks]);

it.each([
  ['a plain file', wav('RIFF', format(32_000)), 32_000],
  ['chunks of odd size before it', wav('RIFF', chunk('JUNK', Buffer.alloc(27)), format(8_000)), 8_000],
  ['a file of more than 4 GB', wav('RF64', chunk('ds64', Buffer.alloc(28)), format(192_000)), 192_000],
  ['a header that says nothing', wav('RIFF', format(0)), undefined],
  ['a header that is cut off', wav('RIFF', format(32_000)).subarray(0, 30), undefined],
  ['a chunk that never ends', wav('RIFF', chunk('LIST', Buffer.alloc(4)).fill(255, 4, 8)), undefined],
  ['another file', Buffer.from('ID3\x04'.padEnd(100)), undefined],
  ['nothing', Buffer.alloc(0), undefined],
])('%s', (_, bytes, expected) => {
  expect(bytesPerSecondOfWav(bytes)).toBe(expected);
});
