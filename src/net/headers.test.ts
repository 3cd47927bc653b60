import { describe, expect, it } from 'vitest';
import { parseHeaders } from './headers.ts';

describe('a header', () => {
  it('is a name and a value, which may hold colons', () => {
    expect(parseHeaders(['Authorization: Bearer a:b', 'X-Empty:', 'x-padded: \t v \t'])).toEqual([
      { name: 'Authorization', value: 'Bearer a:b' },
      { name: 'X-Empty', value: '' },
      { name: 'x-padded', value: 'v' },
    ]);
  });

  it.each([
    ...[
      '',
      'no colon',
      ': no name',
      'na me: v',
      'name : v',
      'n\u00e4me: v',
      'a: b\r\nHost: evil',
      'a: b\nc: d',
    ],
    ...['a\r\nb: c', 'a: b\0', 'a: \u0100', 'a: b\x7f', '(a): b'],
  ])('%j is refused, and not quoted', (text) => {
    expect(() => parseHeaders([text])).toThrow(/^a header must be written "Name: value"$/);
  });

  it.each([
    ...[
      'Host',
      'host',
      'Content-Length',
      'Content-Type',
      'Transfer-Encoding',
      'Connection',
      'Keep-Alive',
      'TE',
    ],
    ...[
      'Trailer',
      'Upgrade',
      'Proxy-Authorization',
      'Proxy-Connection',
      'Expect',
      'User-Agent',
      'HTTP2-Settings',
    ],
  ])('%s is not the caller’s to set', (name) => {
    expect(() => parseHeaders([`${name}: secret`])).toThrow(`the header ${name} cannot be set`);
  });

  it('is bounded, and so are all together', () => {
    expect(() => parseHeaders([`a: ${'x'.repeat(8_192)}`])).toThrow('longer than 8192');
    expect(() => parseHeaders(Array(5).fill(`a: ${'x'.repeat(8_000)}`))).toThrow('longer than 32768');
    expect(parseHeaders(Array(4).fill(`a: ${'x'.repeat(8_000)}`))).toHaveLength(4);
  });
});
