import { describe, expect, it } from 'vitest';
import { delimited, editFields, integer, readFields } from './protobuf.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('protobuf', () => {
  it('prints as the format says', () => {
    expect(hex(integer(1, 150))).toBe('089601');
    expect(hex(delimited(2, 'testing'))).toBe('120774657374696e67');
  });

  it('reads back what it prints, long fields and high numbers too', () => {
    const long = new Uint8Array(70_000).fill(7);
    const message = Buffer.concat([integer(3, 5_000_000_000), delimited(500, long), delimited(1, 'x')]);
    const fields = [...readFields(message)];
    expect(fields.map((field) => [field.number, field.content.length])).toEqual([
      [3, 0],
      [500, 70_000],
      [1, 1],
    ]);
    expect(hex(Buffer.concat(fields.map((field) => field.bytes)))).toBe(hex(message));
  });

  it('skips fixed-width fields', () => {
    const message = Buffer.concat([
      Buffer.from('0d01020304', 'hex'),
      Buffer.from('110102030405060708', 'hex'),
    ]);
    expect([...readFields(message)].map((field) => field.number)).toEqual([1, 2]);
  });

  it('edits the named fields only', () => {
    const message = Buffer.concat([delimited(1, 'a'), delimited(2, 'b'), delimited(1, 'c')]);
    const edited = editFields(message, 1, (content) => Buffer.concat([content, Buffer.from('!')]));
    expect([...readFields(edited)].map((field) => Buffer.from(field.content).toString())).toEqual([
      'a!',
      'b',
      'c!',
    ]);
  });

  it.each(['0a05', '0affffffffffffffffff01', '0b'])('refuses %s', (bytes) => {
    expect(() => [...readFields(Buffer.from(bytes, 'hex'))]).toThrow(RangeError);
  });
});
