import { describe, expect, it } from 'vitest';
import { withoutNulls } from './without-nulls.ts';

describe('withoutNulls', () => {
  it('drops null and undefined at every depth and keeps all else', () => {
    const value = {
      a: null,
      b: { c: undefined, d: [1, null, { e: null, f: false }] },
      g: '',
      h: 0,
      i: [],
      j: {},
    };
    expect(withoutNulls(value)).toStrictEqual({ b: { d: [1, { f: false }] }, g: '', h: 0, i: [], j: {} });
  });

  it('leaves the original as it was', () => {
    const value = { a: null, b: [null] };
    withoutNulls(value);
    expect(value).toEqual({ a: null, b: [null] });
  });

  it('copies a member named __proto__ without touching any prototype', () => {
    const copy = withoutNulls(JSON.parse('{"__proto__":{"x":1},"y":null}'));
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });
});
