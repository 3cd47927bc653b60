/** A sixteenth of a second at 16 kHz: the browser's pieces of 128 samples would be 125 messages a second. */
const PIECE_SAMPLES = 1024;

/** Joins small pieces of sound into larger ones, and keeps them until somebody listens. */
export class PieceBuffer {
  private readonly waiting: Float32Array<ArrayBuffer>[] = [];
  private piece = new Float32Array(PIECE_SAMPLES);
  private filled = 0;
  private listener: ((samples: Float32Array<ArrayBuffer>) => void) | undefined;

  /** @param samples are copied, because the browser uses their memory again */
  add(samples: Float32Array): void {
    for (let at = 0; at < samples.length; ) {
      const part = samples.subarray(at, at + PIECE_SAMPLES - this.filled);
      this.piece.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
      if (this.filled === PIECE_SAMPLES) this.flush();
    }
  }

  /** Hands on what has come so far, and from now on what comes. */
  listen(listener: (samples: Float32Array<ArrayBuffer>) => void): void {
    this.listener = listener;
    for (const piece of this.waiting.splice(0)) listener(piece);
  }

  /** Hands on the last, shorter piece. */
  flush(): void {
    if (this.filled === 0) return;
    const piece = this.piece.slice(0, this.filled);
    this.filled = 0;
    if (this.listener === undefined) this.waiting.push(piece);
    else this.listener(piece);
  }
}
