import { readdir, readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100;

/** Processor time that a process has taken with all its threads, in and outside the kernel; Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  const { own } = await timesOf(pid);
  return own;
}

/** The same with that of its children, those included that have ended and were waited for. */
export async function cpuSecondsWithChildren(pid: number): Promise<number> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(numbers.map((one) => timesOf(one).catch(() => undefined))); // it may end meanwhile
  const { own, ended } = await timesOf(pid);
  return all.reduce((sum, one) => sum + (one?.parent === pid ? one.own : 0), own + ended);
}

async function timesOf(pid: number): Promise<{ parent: number; own: number; ended: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may hold anything; the figures come after it (proc(5)).
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const seconds = (first: number) => ((fields[first] ?? 0) + (fields[first + 1] ?? 0)) / TICKS_PER_SECOND;
  return { parent: fields[1] ?? 0, own: seconds(11), ended: seconds(13) };
}
