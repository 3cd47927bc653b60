import { readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100;

/** Processor time that a process has taken with all its threads, in and outside the kernel; Linux only. */
export async function cpuSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in brackets, may hold anything; the figures come after it (proc(5)).
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
