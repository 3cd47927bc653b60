import { open } from 'node:fs/promises';

/** A regular file, read at positions. */
export interface AudioFile {
  readonly sizeBytes: number;
  /** The bytes from `position`; fewer than `length` only at the end of the file. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Opens `path` for reading. Throws what `open` throws, and `TypeError` for anything but a regular file. */
export async function openAudioFile(path: string): Promise<AudioFile> {
  const handle = await open(path, 'r');
  const stats = await handle.stat();
  if (!stats.isFile()) {
    await handle.close();
    throw new TypeError('audio must be a regular file');
  }

  async function read(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, stats.size - position)));
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }

  return { sizeBytes: stats.size, read, close: () => handle.close() };
}
