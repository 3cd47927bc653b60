import type { Writable } from 'node:stream';

/**
 * Writes a stream to a program as fast as the program reads, and ends it. What it no longer wants is read and
 * dropped. `onProgress` is called before and after each piece. Throws what the stream throws.
 */
export async function feed(
  stdin: Writable,
  input: AsyncIterable<Uint8Array>,
  onProgress: () => void,
): Promise<void> {
  // How the program ended tells more than that it no longer reads.
  stdin.on('error', () => undefined);
  for await (const piece of input) {
    onProgress();
    await new Promise<unknown>((resolve) => stdin.write(piece, resolve));
    onProgress();
  }
  stdin.end();
}
