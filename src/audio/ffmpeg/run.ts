import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { AppError } from '../../errors/app-error.ts';
import { invalid } from '../limits.ts';
import type { Ffmpeg } from './find.ts';
import { forEachLine } from './lines.ts';
import { watchMemory } from './watch-memory.ts';

/** A program that says more only complains, about each packet of a corrupt file. */
const MAX_LINES = 20_000;
const MAX_MEMORY_BYTES = 512 * 1024 * 1024;
/** Shells' codes for "cannot be run", which `ffmpeg-wasm.ts` uses as well. */
const CANNOT_RUN = [126, 127];
const BAD_OPTION = /^(Unrecognized option|Option .* not found|Error splitting the argument list)/;

export interface Run {
  readonly ffmpeg: Ffmpeg;
  readonly args: readonly string[];
  /** Time the program may take, not counting the pauses of a slow consumer. */
  readonly timeoutMs: number;
  /**
   * Called with each line of stderr. It may hold the path of the file: never to be shown. What it returns
   * ends the program and is thrown.
   */
  readonly onLine: (line: string) => AppError | undefined;
}

/** How the program ended when nobody stopped it. `code` is null after a crash. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs FFmpeg and yields its stdout, with back-pressure, and returns true once it has exited with 0, false
 * when it could not make sense of the file. The process is gone when the iterator ends or is returned.
 *
 * Throws the signal's reason once aborted, `AppError('invalid_audio')` when a limit is exceeded, and a plain
 * `Error` if FFmpeg itself cannot run.
 */
export async function* runFfmpeg(run: Run, signal: AbortSignal): AsyncGenerator<Buffer, boolean, undefined> {
  signal.throwIfAborted();
  const program = startFfmpeg(run);
  const onAbort = () => program.stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    yield* readWithin(program.stdout, run.timeoutMs, () => program.stop(tooCostly('time')));
    return isSuccess(await program.finished);
  } finally {
    signal.removeEventListener('abort', onAbort);
    program.stop(undefined);
    await program.finished.catch(() => undefined);
  }
}

function startFfmpeg({ ffmpeg, args, onLine }: Run) {
  // An empty environment: nothing of the server's may reach a program that handles a stranger's file.
  const child = spawn(ffmpeg.command, [...ffmpeg.leadingArguments, ...args], {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let stopped: { reason: unknown } | undefined;
  const stop = (reason: unknown) => {
    stopped ??= { reason };
    child.kill('SIGKILL');
  };
  let badOption = false;
  let lines = 0;
  forEachLine(child.stderr, (line) => {
    badOption ||= BAD_OPTION.test(line);
    lines += 1;
    const refusal = lines > MAX_LINES ? invalid('the audio is corrupt') : onLine(line);
    if (refusal) stop(refusal);
  });
  const unwatch = watchMemory(child.pid ?? 0, MAX_MEMORY_BYTES, () => stop(tooCostly('memory')));
  const finished = new Promise<Exit>((resolve, reject) => {
    child.once('error', (cause) => reject(new Error('ffmpeg cannot be started', { cause })));
    child.once('close', (code, signal) => {
      unwatch();
      if (stopped) reject(stopped.reason);
      else if (badOption) reject(new Error('ffmpeg does not know an option; its version is not supported'));
      else resolve({ code, signal });
    });
  });
  // Whoever awaits it hears of a failure; a consumer that has left does not.
  finished.catch(unwatch);
  return { stdout: child.stdout, stop, finished };
}

function isSuccess({ code, signal }: Exit): boolean {
  if (signal === 'SIGKILL' || signal === 'SIGTERM')
    throw new Error(`ffmpeg was ended from outside by ${signal}`);
  if (code !== null && CANNOT_RUN.includes(code)) throw new Error(`ffmpeg cannot be run (exit code ${code})`);
  return code === 0;
}

/** Yields what a stream has; `onExpired` is called when waiting for it has taken `timeoutMs` in all. */
async function* readWithin(stream: Readable, timeoutMs: number, onExpired: () => void) {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  let remainingMs = timeoutMs;
  try {
    for (;;) {
      const startedMs = performance.now();
      const timer = setTimeout(onExpired, Math.max(0, remainingMs));
      const next = await chunks.next().finally(() => clearTimeout(timer));
      remainingMs -= performance.now() - startedMs;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await chunks.return?.();
  }
}

function tooCostly(what: 'time' | 'memory'): AppError {
  return invalid(`decoding the audio takes more ${what} than allowed`);
}
