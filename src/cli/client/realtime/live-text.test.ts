import { describe, expect, it } from 'vitest';
import { createLiveText } from './live-text.ts';

const CLEAR_LINE = '\r\u001b[K';

/** The lines a terminal shows in the end; dim text stands in brackets. */
function screenOf(written: readonly string[]): string[] {
  const screen = [''];
  for (const line of written
    .join('')
    .replaceAll(CLEAR_LINE, '\r')
    .split(/(\r|\n)/)) {
    if (line === '\n') screen.push('');
    else screen[screen.length - 1] = line === '\r' ? '' : `${screen.at(-1)}${line}`;
  }
  return screen.map((line) => line.replaceAll('\u001b[2m', '[').replaceAll('\u001b[22m', ']'));
}

function open({ isTTY = true, columns = 20 } = {}) {
  const written: string[] = [];
  const text = createLiveText({ isTTY, columns, write: (one) => written.push(one) });
  return { text, written, screen: () => screenOf(written) };
}

describe('on a terminal', () => {
  it('a guess is replaced by the next, and stays behind what is final', () => {
    const { text, screen } = open();
    text.guess('go');
    text.guess('good day');
    expect(screen()).toEqual(['[good day]']);
    text.final('Good ');
    expect(screen()).toEqual(['Good ']);
    text.guess('day.');
    expect(screen()).toEqual(['Good [day.]']);
    text.final('day. ');
    text.endLine();
    expect(screen()).toEqual(['Good day.', '']);
  });

  it('the last line is never wider than the terminal: its beginning is left out', () => {
    const { text, screen, written } = open();
    text.final('0123456789 ');
    text.guess('abcdefghijklmnop');
    expect(screen()).toEqual(['\u20269 [abcdefghijklmnop]']);
    text.guess('abcdefghijklmnopqrstuvwxyz');
    expect(screen()).toEqual(['\u2026[ijklmnopqrstuvwxyz]']);
    expect(written.join('')).not.toContain('\n');
  });

  it('finals fill lines, word by word', () => {
    const { text, screen } = open();
    text.final('one two three four five six seven ');
    expect(screen()).toEqual(['one two three four', 'five six seven ']);
    text.final('x'.repeat(30));
    expect(screen()).toEqual(['one two three four', 'five six seven', 'x'.repeat(19), 'x'.repeat(11)]);
  });

  it('counts wide characters twice and marks not at all', () => {
    const { text, screen } = open({ columns: 11 });
    text.guess('\u4eca\u65e5\u306f\u826f\u3044\u5929');
    expect(screen()).toEqual(['\u2026[\u306f\u826f\u3044\u5929]']);
    text.guess('e\u0301'.repeat(10));
    expect(screen()).toEqual([`[${'e\u0301'.repeat(10)}]`]);
  });

  it('a line without words is none', () => {
    const { text, screen } = open();
    text.guess('hm');
    text.endLine();
    text.endLine();
    expect(screen()).toEqual(['']);
  });

  it('what is heard cannot control the terminal', () => {
    const { text, written } = open();
    text.final('a\u001b]0;title\u0007b\u009b31m ');
    text.guess('\u001b[2J');
    const others = [CLEAR_LINE, '\u001b[2m', '\u001b[22m'].reduce(
      (text, own) => text.replaceAll(own, ''),
      written.join(''),
    );
    expect(others).toMatch(/^[^\p{Cc}]+$/u);
  });
});

describe('elsewhere', () => {
  it('finals alone are written, a line at a time', () => {
    const { text, written } = open({ isTTY: false });
    text.guess('good');
    text.final('Good ');
    text.final('day ');
    text.final('. ', { isMark: true });
    expect(written).toEqual([]);
    text.endLine();
    text.clear();
    expect(written).toEqual(['Good day.\n']);
  });
});
