import * as fs from 'node:fs';
import path from 'node:path';

const POLL_MS = 100;
const LIMIT_MS = 15 * 60_000;

/** Runs `work` while no other process runs work under the same lock file. A lock whose owner died is taken over. */
export function withLock(file, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const deadline = Date.now() + LIMIT_MS;
  while (!acquire(file)) {
    if (Date.now() > deadline)
      throw new Error(`${file} is held by process ${ownerOf(file)}; delete it if that is wrong`);
    if (!isAlive(ownerOf(file))) removeStale(file);
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
  }
  try {
    return work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}

/** A link appears whole, with the owner in it; a file made with `wx` could be read while still empty. */
function acquire(file) {
  const mine = `${file}.${process.pid}`;
  fs.writeFileSync(mine, String(process.pid));
  try {
    fs.linkSync(mine, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(mine);
  }
}

/** Two waiters may find the same dead owner; renaming lets one win, and what was renamed is looked at once more. */
function removeStale(file) {
  const taken = `${file}.${process.pid}.stale`;
  try {
    fs.renameSync(file, taken);
    if (isAlive(ownerOf(taken))) fs.linkSync(taken, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    fs.rmSync(taken, { force: true });
  }
}

function ownerOf(file) {
  try {
    return Number(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  if (pid === undefined) return true; // gone meanwhile: let the caller try again
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
