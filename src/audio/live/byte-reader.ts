/** The bytes of a stream, of which the first can be looked at before they are read. */
export class ByteReader {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private readonly maxHeadBytes: number;
  private headBytes: Buffer = Buffer.alloc(0);

  /** @param maxHeadBytes no more is looked at than this and the rest of a piece */
  constructor(bytes: AsyncIterable<Uint8Array>, maxHeadBytes: number) {
    this.pieces = bytes[Symbol.asyncIterator]();
    this.maxHeadBytes = maxHeadBytes;
  }

  /** What was looked at and not yet read. */
  get head(): Buffer {
    return this.headBytes;
  }

  /** Looks at another piece. False at the end of the stream, or when enough was looked at. */
  async more(): Promise<boolean> {
    return this.headBytes.length < this.maxHeadBytes && (await this.next());
  }

  /** Looks at the next bytes; there are fewer when `more` has none. */
  async peek(length: number): Promise<Buffer> {
    while (this.headBytes.length < length && (await this.more()));
    return this.headBytes.subarray(0, length);
  }

  /** Reads bytes that nobody wants. */
  async skip(length: number): Promise<void> {
    let left = length;
    while (left > this.headBytes.length) {
      left -= this.headBytes.length;
      this.headBytes = this.headBytes.subarray(0, 0);
      if (!(await this.next())) return;
    }
    this.headBytes = this.headBytes.subarray(left);
  }

  /** Reads all that follows. */
  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.headBytes.length > 0) yield this.headBytes;
    for (;;) {
      const next = await this.pieces.next();
      if (next.done) return;
      yield next.value;
    }
  }

  private async next(): Promise<boolean> {
    const next = await this.pieces.next();
    if (next.done) return false;
    this.headBytes = Buffer.concat([this.headBytes, next.value]);
    return true;
  }
}
