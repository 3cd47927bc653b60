import type { Readable } from 'node:stream';

/** Longer lines are cut: what writes them works on a stranger's file. */
const MAX_LINE_LENGTH = 4096;

/** Calls `onLine` with each line of a stream of Latin-1 text, flat in memory. */
export function forEachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('latin1');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
