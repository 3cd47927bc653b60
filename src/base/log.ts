import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on stdout. Callers pass ids, counts and durations: never a secret, a transcript or a file name. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // Libraries that share the log may print what they were given.
    redact: { paths: ['busboyOptions', 'headers', '*.headers', '*.authorization'], remove: true },
  });
}
