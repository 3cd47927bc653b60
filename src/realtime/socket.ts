/** The WebSocket of a client, as far as a session needs one; `http/websocket.ts` brings the real one. */
export interface Socket {
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  /** Stops reading, and with it everything that comes from the client. */
  pause(): void;
  resume(): void;
  /** Ends with a close frame; what was sent before still goes out. */
  close(code: number, reason: string): void;
  /** Cuts the connection. */
  terminate(): void;
  on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: 'ping' | 'pong', listener: () => void): void;
  on(event: 'close', listener: (code: number) => void): void;
}
