import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from './api.ts';
import { bearer, requestHead } from './raw-http.ts';
import type { Message } from './realtime.ts';

export const OPCODE = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

interface FrameOptions {
  /** Of the fragments of a message. */
  readonly isLast?: boolean;
  /** The three reserved bits, 1 to 7. */
  readonly reserved?: number;
  readonly isMasked?: boolean;
  /** Bytes, in place of the length of the payload. */
  readonly announced?: bigint;
}

/** A frame as clients send it. Its mask is of zeros, which changes nothing. */
export function frame(
  opcode: number,
  payload: Uint8Array | string = '',
  { isLast = true, reserved = 0, isMasked = true, announced }: FrameOptions = {},
): Buffer {
  const bytes = Buffer.from(payload);
  const first = (isLast ? 0x80 : 0) | (reserved << 4) | opcode;
  const masked = isMasked ? 0x80 : 0;
  const mask = Buffer.alloc(isMasked ? 4 : 0);
  if (announced === undefined && bytes.length < 126) {
    return Buffer.concat([Buffer.from([first, masked | bytes.length]), mask, bytes]);
  }
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(announced ?? BigInt(bytes.length));
  return Buffer.concat([Buffer.from([first, masked | 127]), length, mask, bytes]);
}

interface ReceivedFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

const LIMIT_MS = 60_000;

/** A WebSocket without a library, which would not send what attacks need. It answers neither pings nor closes. */
export class RawWebSocket {
  readonly socket: Socket;
  /** The answer to the upgrade. */
  readonly head: string;
  readonly frames: ReceivedFrame[] = [];
  readonly ended: Promise<void>;
  private received: Buffer;

  static async open(
    server: Address,
    key: string,
    headers: readonly (readonly [string, string])[] = [],
  ): Promise<RawWebSocket> {
    const socket = connect(Number(new URL(server.baseUrl).port), '127.0.0.1');
    // A reset is one way of ending.
    socket.on('error', () => {});
    socket.write(upgradeHead(key, headers));
    let received = Buffer.alloc(0);
    while (!received.includes('\r\n\r\n')) {
      const [chunk] = (await once(socket, 'data')) as [Buffer];
      received = Buffer.concat([received, chunk]);
    }
    return new RawWebSocket(socket, received);
  }

  private constructor(socket: Socket, received: Buffer) {
    const end = received.indexOf('\r\n\r\n');
    this.socket = socket;
    this.head = received.toString('latin1', 0, end);
    this.received = received.subarray(end + 4);
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.readFrames();
    });
  }

  say(message: object): void {
    this.socket.write(frame(OPCODE.text, JSON.stringify(message)));
  }

  /** Sends the same bytes as fast as they are taken, so many times or until the connection ends. */
  async flood(bytes: Uint8Array, times = Number.POSITIVE_INFINITY): Promise<void> {
    for (let sent = 0; sent < times && !this.socket.destroyed; sent += 1) {
      if (this.socket.write(bytes)) continue;
      await Promise.race([new Promise((resolve) => this.socket.once('drain', resolve)), this.ended]);
    }
  }

  get messages(): readonly Message[] {
    return this.frames
      .filter(({ opcode }) => opcode === OPCODE.text)
      .map(({ payload }) => JSON.parse(payload.toString()));
  }

  async next(name: string): Promise<Message> {
    for (const endMs = Date.now() + LIMIT_MS; Date.now() < endMs; await sleep(5)) {
      const found = this.messages.find(({ message }) => message === name);
      if (found) return found;
    }
    throw new Error(`no ${name} within ${LIMIT_MS} ms`);
  }

  /** The code of the server's close frame, once it has come. */
  get closeCode(): number | undefined {
    return this.frames.find(({ opcode }) => opcode === OPCODE.close)?.payload.readUInt16BE();
  }

  private readFrames(): void {
    for (;;) {
      const found = readFrame(this.received);
      if (!found) return;
      this.frames.push(found.frame);
      this.received = this.received.subarray(found.end);
    }
  }
}

export const upgradeHead = (key: string, headers: readonly (readonly [string, string])[] = []): string =>
  requestHead('GET', '/v2', [
    bearer(key),
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', randomBytes(16).toString('base64')],
    ...headers,
  ]);

/** The first frame of a server, which masks none, and where it ends. */
function readFrame(bytes: Buffer): { frame: ReceivedFrame; end: number } | undefined {
  const [first = 0, short = 0] = bytes;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  const long = () => (short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
  const end = start + (short < 126 ? short : long());
  if (bytes.length < end) return undefined;
  return { frame: { opcode: first & 15, payload: bytes.subarray(start, end) }, end };
}
