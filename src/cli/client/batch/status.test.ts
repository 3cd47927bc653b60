import { expect, it, vi } from 'vitest';
import { showStatus } from './status.ts';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

it('counts seconds on a terminal, and leaves nothing there', () => {
  vi.useFakeTimers();
  try {
    const shown = terminal(true);
    const status = showStatus(shown, 'job a is running');
    vi.advanceTimersByTime(2_000);
    status.end();
    vi.advanceTimersByTime(2_000);
    const lines = [0, 1, 2].map((seconds) => `\r\u001b[Kjob a is running, ${seconds} s`);
    expect(shown.written).toEqual([...lines, '\r\u001b[K']);
  } finally {
    vi.useRealTimers();
  }
});

it('is a line elsewhere', () => {
  const shown = terminal(false);
  showStatus(shown, 'job a is running').end();
  expect(shown.written).toEqual(['job a is running\n']);
});
