import { printable } from '../../terminal/report.ts';

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What is heard, as it is shown: finals stay, a guess is replaced by the next. */
export interface LiveText {
  /** @param isMark whether it begins with a mark that belongs to the word before it. */
  readonly final: (text: string, options?: { readonly isMark?: boolean }) => void;
  readonly guess: (text: string) => void;
  /** Ends the line, if there is one. */
  readonly endLine: () => void;
  /** Takes what is not final off the terminal, so that something else can be written. */
  readonly clear: () => void;
}

const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[K';
const DIM = '\u001b[2m';
const NOT_DIM = '\u001b[22m';

/**
 * On a terminal the last line shows what is new: final words of a line that is not full, then the guess, dim, cut to the
 * width from the left. Elsewhere finals alone are written, line by line.
 */
export function createLiveText(terminal: Terminal): LiveText {
  let line = '';
  let guessed = '';
  const columns = () => terminal.columns || DEFAULT_COLUMNS;
  const write = (text: string) => terminal.write(`${terminal.isTTY ? CLEAR_LINE : ''}${text.trim()}\n`);
  const clear = () => {
    if (terminal.isTTY) terminal.write(CLEAR_LINE);
  };
  const draw = () => {
    if (!terminal.isTTY) return;
    const [before, dim] = newest(line, guessed, columns() - 1);
    terminal.write(`${CLEAR_LINE}${before}${dim && `${DIM}${dim}${NOT_DIM}`}`);
  };
  return {
    final(text, { isMark = false } = {}) {
      line = `${isMark ? line.trimEnd() : line}${printable(text)}`.trimStart();
      guessed = '';
      while (terminal.isTTY && width(line.trimEnd()) >= columns()) {
        const [full, rest] = breakLine(line, columns() - 1);
        write(full);
        line = rest;
      }
      draw();
    },
    guess(text) {
      guessed = printable(text);
      draw();
    },
    endLine() {
      if (line.trim() === '') clear();
      else write(line);
      line = '';
      guessed = '';
    },
    clear,
  };
}

/** The ends of both texts that fit beside each other; `…` stands for what is left out. */
function newest(final: string, guessed: string, room: number): [string, string] {
  const chars = [...`${final}${guessed}`.replaceAll(/[\n\t]/g, ' ')];
  const finals = [...final].length;
  if (width(chars) <= room) return [chars.slice(0, finals).join(''), chars.slice(finals).join('')];
  let from = chars.length;
  for (let free = room - 1; from > 0; from -= 1) {
    free -= columnsOf(chars[from - 1] ?? '');
    if (free < 0) break;
  }
  return [
    `…${chars.slice(from, Math.max(from, finals)).join('')}`,
    chars.slice(Math.max(from, finals)).join(''),
  ];
}

/** The words that fill a line, and the others; a word that is longer than a line is cut. */
function breakLine(text: string, room: number): [string, string] {
  const chars = [...text];
  let fits = 0;
  for (let used = 0; fits < chars.length; fits += 1) {
    used += columnsOf(chars[fits] ?? '');
    if (used > room) break;
  }
  const space = chars.lastIndexOf(' ', fits);
  const end = space > 0 ? space : Math.max(fits, 1);
  return [chars.slice(0, end).join(''), chars.slice(end).join('').trimStart()];
}

const width = (text: Iterable<string>): number => [...text].reduce((sum, char) => sum + columnsOf(char), 0);

/** East Asian characters and emoji take two columns, marks over others none. */
function columnsOf(char: string): number {
  if (/[\p{M}\p{Cf}]/u.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
