import { readFile } from 'node:fs/promises';

const INTERVAL_MS = 100;
/** Linux counts in pages; 4 KiB on every machine this runs on but some ARM servers, which then get more. */
const PAGE_BYTES = 4096;

/**
 * Calls `onExceeded` once the resident memory of a process passes `maxBytes`. Only Linux tells; elsewhere
 * FFmpeg's own `-max_alloc` is the limit. Returns a function that stops watching.
 */
export function watchMemory(pid: number, maxBytes: number, onExceeded: () => void): () => void {
  if (process.platform !== 'linux') return () => undefined;
  const timer = setInterval(async () => {
    // A process that has just ended has no such file.
    const statm = await readFile(`/proc/${pid}/statm`, 'latin1').catch(() => '');
    if (Number(statm.split(' ')[1] ?? 0) * PAGE_BYTES > maxBytes) onExceeded();
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
