import { expect, it } from 'vitest';
import { createProgressBar } from './progress-bar.ts';

function show(isTTY: boolean) {
  const written: string[] = [];
  let ms = 0;
  const terminal = { isTTY, write: (text: string) => written.push(text) };
  const bar = createProgressBar(terminal, () => {
    ms += 50;
    return ms;
  });
  for (let done = 0; done <= 1_000; done += 1) bar.show('fetching a', done * 1_000, 1_000_000);
  bar.show('unpacking a', 1, 2);
  bar.end();
  return written;
}

it('redraws one line per step on a terminal, not at every byte', () => {
  const written = show(true);
  const whole = '\r\u001b[Kfetching a [##############################] 100 % 1.0 of 1.0 MB';
  expect(written).toContain(whole);
  expect(written.filter((text) => text === '\n')).toHaveLength(2);
  expect(written.length).toBeLessThan(110);
  expect(written.at(-2)).toBe('\r\u001b[Kunpacking a [###############...............] 50 % 0.0 of 0.0 MB');
});

it('writes a line now and then elsewhere', () => {
  const written = show(false);
  expect(written).toHaveLength(12);
  expect(written[1]).toBe('fetching a: 10 %, 0.1 of 1.0 MB\n');
  expect(written.join('')).not.toContain('\r');
});
