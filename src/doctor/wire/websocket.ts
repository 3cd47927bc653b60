import type { Header } from './client.ts';

/** What makes a request one to become a WebSocket (RFC 6455 section 4.1). */
export const UPGRADE: readonly Header[] = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', Buffer.alloc(16, 'parley').toString('base64')],
];

/** A message in one frame; the mask is zeros, so nothing has to be masked. For up to 65,535 bytes. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** The messages that are there whole, as a server sends them: not masked, one frame each. */
export function readMessages(bytes: Buffer): string[] {
  const messages: string[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const [first = 0, short = 0] = bytes.subarray(at);
    const isLong = short >= 126 && at + 4 <= bytes.length;
    const start = at + (short < 126 ? 2 : 4);
    const end = start + (isLong ? bytes.readUInt16BE(at + 2) : short);
    if (end > bytes.length) return messages;
    if (first === 0x81) messages.push(bytes.toString('utf8', start, end));
    at = end;
  }
  return messages;
}
