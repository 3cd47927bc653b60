import { type Logger, pino } from 'pino';

export type { Logger };

const MAX_HELD_CHARACTERS = 8_192;

/** JSON lines on stdout. Callers pass ids, counts and durations: never a secret, a transcript or a file name. */
export function createLogger(level: string): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Libraries that share the log may print what they were given.
    redact: { paths: ['busboyOptions', 'headers', '*.headers', '*.authorization'], remove: true },
  };
  return pino(options, linesOfATurn());
}

/** A log for lines whose members are all our own: nothing in them is looked for and removed. */
export const unredacted = (log: Logger): Logger => log.child({}, { redact: [] });

/** Stdout, written once for all the lines of a turn of the event loop: a system call per line costs more than the line. */
function linesOfATurn(): { write(line: string): void } {
  const stdout = pino.destination({ dest: 1, sync: true, minLength: MAX_HELD_CHARACTERS });
  let isWaiting = false;
  const flush = () => {
    isWaiting = false;
    stdout.flush();
  };
  process.on('exit', flush);
  return {
    write(line) {
      stdout.write(line);
      if (isWaiting) return;
      isWaiting = true;
      setImmediate(flush);
    },
  };
}
