import { createHash } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hashFile } from './hash-file.ts';
import type { Download } from './model.ts';
import { ModelError } from './model-error.ts';

/** How often the connection may be lost in a row without a byte more. */
const MAX_FRUITLESS_ATTEMPTS = 4;
const RETRY_DELAY_MS = 1_000;

/** Told how much of the whole is done, in bytes. */
export type Progress = (doneBytes: number, totalBytes: number) => void;

export interface DownloadOptions {
  /** Where half a file waits for the rest of it, also between two runs. */
  readonly directory: string;
  readonly onProgress: Progress;
  readonly retryDelayMs?: number;
}

/**
 * Fetches a file and checks its length and SHA-256. What was fetched before, by this or an earlier run, is not
 * fetched again. Resolves to its path. Throws `ModelError`; half a file stays, a wrong one is deleted.
 */
export async function download(
  { url, sizeBytes, sha256 }: Download,
  { directory, onProgress, retryDelayMs = RETRY_DELAY_MS }: DownloadOptions,
): Promise<string> {
  if (sha256 === undefined) {
    throw new ModelError(`no checksum is known for ${url}: fetch it yourself and install it with --from`);
  }
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, createHash('sha256').update(`${url} ${sha256}`).digest('hex'));
  for (let fruitless = 0, have = await sizeOf(path); have < sizeBytes; ) {
    onProgress(have, sizeBytes);
    const fault = await fetchRest(url, { path, have, sizeBytes, onProgress });
    const before = have;
    have = await sizeOf(path);
    if (fault === undefined) continue;
    fruitless = have > before ? 0 : fruitless + 1;
    if (fault.isFinal || fruitless >= MAX_FRUITLESS_ATTEMPTS) {
      throw new ModelError(`${url} cannot be fetched: ${fault.reason}`);
    }
    await delay(retryDelayMs);
  }
  if ((await sizeOf(path)) !== sizeBytes || (await hashFile(path)) !== sha256) {
    await rm(path);
    throw new ModelError(`${url} is not the file its checksum describes; it was deleted`);
  }
  return path;
}

interface Rest {
  readonly path: string;
  readonly have: number;
  readonly sizeBytes: number;
  readonly onProgress: Progress;
}

interface Fault {
  readonly reason: string;
  /** Another attempt would end the same. */
  readonly isFinal: boolean;
}

/** Appends what the server sends; returns why it is not all. Never writes more than was announced. */
async function fetchRest(
  url: string,
  { path, have, sizeBytes, onProgress }: Rest,
): Promise<Fault | undefined> {
  try {
    const response = await fetch(url, have > 0 ? { headers: { range: `bytes=${have}-` } } : {});
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      return { reason: `it answered ${response.status}`, isFinal: response.status < 500 };
    }
    // A server that does not know ranges sends all of it again.
    const isRest = response.status === 206 && rangeStart(response) === have;
    const file = await open(path, isRest ? 'a' : 'w', 0o600);
    let done = isRest ? have : 0;
    try {
      for await (const chunk of response.body) {
        done += chunk.length;
        if (done > sizeBytes) throw new ModelError(`it is longer than the ${sizeBytes} bytes announced`);
        // Each chunk is on disk before the next is asked for: what came is kept, however the connection ends.
        await file.writeFile(chunk);
        onProgress(done, sizeBytes);
      }
    } finally {
      await file.close();
    }
    return done < sizeBytes ? { reason: 'it ended too early', isFinal: false } : undefined;
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    return { reason, isFinal: error instanceof ModelError };
  }
}

const rangeStart = (response: Response): number =>
  Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]);

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
