interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface Status {
  /** Takes the status off the terminal. */
  readonly end: () => void;
}

/** A status with the seconds since it was begun, redrawn on a terminal; elsewhere one plain line. */
export function showStatus(terminal: Terminal, text: string, now: () => number = Date.now): Status {
  if (!terminal.isTTY) {
    terminal.write(`${text}\n`);
    return { end() {} };
  }
  const begunMs = now();
  const draw = () => terminal.write(`\r\u001b[K${text}, ${Math.floor((now() - begunMs) / 1_000)} s`);
  draw();
  const timer = setInterval(draw, 1_000);
  return {
    end() {
      clearInterval(timer);
      terminal.write('\r\u001b[K');
    },
  };
}
