import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/**
 * Cleaning up after a test process that was killed: a shell of its own session waits on a pipe. The pipe ends
 * when the test process does, in whatever way, and then the shell does the rest.
 */
function onOurDeath(command: string, ...args: string[]): () => void {
  const script = `read -r word; [ "$word" = release ] && exit 0; ${command}`;
  const shell = spawn('/bin/sh', ['-c', script, 'leash', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  // A pipe is a socket in Node, which alone keeps the test process from ending.
  (shell.stdin as unknown as { unref(): void }).unref();
  return () => shell.stdin.end('release\n');
}

/** Sends `signal` to `pid` when this process ends first. Returns the release, to be called once `pid` has exited. */
export function leashProcess(pid: number, signal: 'KILL' | 'QUIT'): () => void {
  return onOurDeath(`kill -s "$1" "$2"`, signal, String(pid));
}

/** A temporary directory that goes with `remove`, and at the latest with this process. */
export function leashedDirectory(prefix: string): { path: string; remove(): Promise<void> } {
  const directory = mkdtempSync(path.join(os.tmpdir(), prefix));
  // A process that is just dying may still write into it, hence more than one attempt.
  const release = onOurDeath(
    `for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && exit; sleep 0.3; done`,
    directory,
  );
  const remove = async () => {
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    release();
  };
  return { path: directory, remove };
}
