import { describe, expect, it } from 'vitest';
import { parseQuery } from './query.ts';

describe('parseQuery', () => {
  it('decodes names and values', () => {
    expect({ ...parseQuery('a=1&b=x%20y&c=') }).toEqual({ a: '1', b: 'x y', c: '' });
  });

  it.each(['type=rt&type=batch', 'type=rt&t%79pe=batch'])('keeps the repetition in %s visible', (text) => {
    expect({ ...parseQuery(text) }).toEqual({ type: ['rt', 'batch'] });
  });

  it('takes names of the prototype for what they are', () => {
    expect(Object.keys(parseQuery('__proto__=1&constructor=2'))).toEqual(['__proto__', 'constructor']);
  });
});
