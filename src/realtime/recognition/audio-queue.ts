/** Small pieces are handed on together, so that a queue of many costs no more than its bytes. */
const BLOCK_BYTES = 65_536;

/** Audio that was received and waits to be decoded. It is read once, from its start. */
export class AudioQueue implements AsyncIterable<Uint8Array> {
  private readonly onTaken: () => void;
  private readonly blocks: Uint8Array[] = [];
  private pieces: Uint8Array[] = [];
  private pieceBytes = 0;
  private waitingBytes = 0;
  private isEnded = false;
  private wake: () => void = () => {};

  /** @param onTaken told when some of it has been taken */
  constructor(onTaken: () => void) {
    this.onTaken = onTaken;
  }

  /** How much waits. */
  get bytes(): number {
    return this.waitingBytes;
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    // A small piece is a view of all that came with it, which would be kept too.
    this.pieces.push(bytes.length < BLOCK_BYTES ? Buffer.from(bytes) : bytes);
    this.pieceBytes += bytes.length;
    this.waitingBytes += bytes.length;
    if (this.pieceBytes >= BLOCK_BYTES) this.blocks.push(this.takePieces());
    this.wake();
  }

  end(): void {
    this.isEnded = true;
    this.wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const block = this.blocks.shift() ?? this.takePieces();
      if (block.length > 0) {
        this.waitingBytes -= block.length;
        this.onTaken();
        yield block;
      } else if (this.isEnded) return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }

  private takePieces(): Uint8Array {
    const { pieces } = this;
    this.pieces = [];
    this.pieceBytes = 0;
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  }
}
