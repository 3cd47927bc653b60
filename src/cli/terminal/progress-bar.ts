const WIDTH = 30;
const REDRAW_MS = 100;
/** Where nobody watches, a line now and then. */
const LINE_EVERY_PERCENT = 10;

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ProgressBar {
  /** Shows that `done` of `total` bytes of a step are done. */
  readonly show: (step: string, doneBytes: number, totalBytes: number) => void;
  /** Leaves the terminal on a fresh line. */
  readonly end: () => void;
}

/** A bar that redraws itself on a terminal, and plain lines elsewhere. */
export function createProgressBar(terminal: Terminal, now: () => number = Date.now): ProgressBar {
  let shown = { step: '', percent: -1, atMs: Number.NEGATIVE_INFINITY };
  const isDue = (step: string, percent: number): boolean => {
    if (step !== shown.step) return true;
    if (percent === shown.percent) return false;
    if (!terminal.isTTY) return percent === 100 || percent >= shown.percent + LINE_EVERY_PERCENT;
    return percent === 100 || now() - shown.atMs >= REDRAW_MS;
  };
  return {
    show(step, doneBytes, totalBytes) {
      const percent = Math.floor((100 * doneBytes) / totalBytes);
      if (!isDue(step, percent)) return;
      const amount = `${(doneBytes / 1e6).toFixed(1)} of ${(totalBytes / 1e6).toFixed(1)} MB`;
      if (terminal.isTTY) {
        if (shown.step !== '' && step !== shown.step) terminal.write('\n');
        const filled = Math.round((percent / 100) * WIDTH);
        const bar = `${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}`;
        terminal.write(`\r\u001b[K${step} [${bar}] ${percent} % ${amount}`);
      } else terminal.write(`${step}: ${percent} %, ${amount}\n`);
      shown = { step, percent, atMs: now() };
    },
    end() {
      if (terminal.isTTY && shown.step !== '') terminal.write('\n');
    },
  };
}
