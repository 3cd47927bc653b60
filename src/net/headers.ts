import { OutboundError } from './outbound-error.ts';

export interface Header {
  readonly name: string;
  readonly value: string;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 field values: no line break, no NUL, no other control character than the tab. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const MAX_HEADER_CHARACTERS = 8_192;
const MAX_ALL_CHARACTERS = 32_768;

/** What frames the request, names its target or is said of the connection is not a caller's to say (RFC 9110, 7.6.1). */
const RESERVED =
  /^(host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|user-agent|http2-settings|content-.*|proxy-.*|:.*)$/i;

/** Reads headers written `Name: value`. Throws `OutboundError` for one that may not be sent; it never quotes a value. */
export function parseHeaders(texts: readonly string[]): Header[] {
  const headers = texts.map(parseHeader);
  const total = texts.reduce((sum, text) => sum + text.length, 0);
  if (total > MAX_ALL_CHARACTERS) {
    throw new OutboundError(`the headers are longer than ${MAX_ALL_CHARACTERS} characters together`);
  }
  return headers;
}

function parseHeader(text: string): Header {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0));
  const value = text.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '');
  if (!TOKEN.test(name) || !VALUE.test(value))
    throw new OutboundError('a header must be written "Name: value"');
  if (text.length > MAX_HEADER_CHARACTERS) {
    throw new OutboundError(`a header is longer than ${MAX_HEADER_CHARACTERS} characters`);
  }
  if (RESERVED.test(name)) throw new OutboundError(`the header ${name.slice(0, 50)} cannot be set`);
  return { name, value };
}
