import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { AppError } from '../../errors/app-error.ts';
import { invalid } from '../limits.ts';
import { feed } from './feed.ts';
import type { Ffmpeg } from './find.ts';
import { forEachLine } from './lines.ts';
import { standstill, type TimeLimit, totalTime } from './time-limit.ts';
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
  /** Written to stdin as fast as the program reads it. What it leaves is read and dropped. */
  readonly input?: AsyncIterable<Uint8Array>;
  /**
   * Time the program may take, not counting the pauses of a slow consumer. With `input`, which may come for hours:
   * time in which it may do nothing although there is something to do.
   */
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
 * Throws the signal's reason once aborted, `AppError('invalid_audio')` when a limit is exceeded, what the input
 * throws, and a plain `Error` if FFmpeg itself cannot run.
 */
export async function* runFfmpeg(run: Run, signal: AbortSignal): AsyncGenerator<Buffer, boolean, undefined> {
  signal.throwIfAborted();
  const program = startFfmpeg(run);
  const onAbort = () => program.stop(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const { limit, fed } = startLimit(program, run);
    yield* readWithin(program.stdout, limit);
    const succeeded = isSuccess(await program.finished);
    if (succeeded) await fed;
    return succeeded;
  } finally {
    signal.removeEventListener('abort', onAbort);
    program.stop(undefined);
    await program.finished.catch(() => undefined);
  }
}

interface Program {
  /** Absent without input. */
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly finished: Promise<Exit>;
  /** Kills it; a reason is what `finished` then rejects with. */
  stop(reason: unknown): void;
}

function startFfmpeg({ ffmpeg, args, input, onLine }: Run): Program {
  // An empty environment: nothing of the server's may reach a program that handles a stranger's file.
  const options = { env: {}, cwd: '/', windowsHide: true };
  const allArgs = [...ffmpeg.leadingArguments, ...args];
  const child = input
    ? spawn(ffmpeg.command, allArgs, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
    : spawn(ffmpeg.command, allArgs, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
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
  return { stdin: child.stdin, stdout: child.stdout, stop, finished };
}

/** Sets the clock, and the input going; `fed` resolves when all of that was read. */
function startLimit({ stdin, stop }: Program, { input, timeoutMs }: Run) {
  const onExpired = () => stop(tooCostly('time'));
  if (!stdin || !input) return { limit: totalTime(timeoutMs, onExpired) };
  const limit = standstill(timeoutMs, () => stdin.writableLength > 0 || stdin.writableEnded, onExpired);
  const fed = feed(stdin, input, limit.progress);
  fed.catch(stop);
  return { limit, fed };
}

function isSuccess({ code, signal }: Exit): boolean {
  if (signal === 'SIGKILL' || signal === 'SIGTERM')
    throw new Error(`ffmpeg was ended from outside by ${signal}`);
  if (code !== null && CANNOT_RUN.includes(code)) throw new Error(`ffmpeg cannot be run (exit code ${code})`);
  return code === 0;
}

async function* readWithin(stream: Readable, limit: TimeLimit) {
  const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      limit.start();
      const next = await chunks.next().finally(() => limit.pause());
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
