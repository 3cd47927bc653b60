/**
 * A program that stands in for the `ffmpeg` executable: same arguments, same output, same exit code. FFmpeg
 * runs as WebAssembly and sees one file, `/input`, which is the file of `-i`, or stdin if that is `pipe:0`. Only `find.ts`
 * starts it, always as a process of its own: @ffmpeg/core is GPL and never loaded into the server.
 */
import { fstatSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';

interface StreamOps {
  llseek?: unknown;
  read?: (stream: unknown, target: Int8Array, offset: number, length: number, position: number) => number;
  write?: (stream: unknown, source: Int8Array, offset: number, length: number) => number;
}

/** The part of Emscripten's file system used here. */
interface FileSystem {
  create(path: string, mode: number): { usedBytes: number; stream_ops: StreamOps };
  getStream(fd: number): { stream_ops: StreamOps };
}

interface Core {
  readonly FS: FileSystem;
  /** Runs FFmpeg; -1 if it stopped without an exit code. */
  exec(...args: string[]): number;
}

const INPUT = '/input';
const RETRY_MS = 2;
/** sysexits.h EX_SOFTWARE: the decoder crashed; shells' 126: it cannot be run. */
const CRASHED = 70;
const CANNOT_RUN = 126;

async function loadCore(): Promise<Core> {
  const require = createRequire(import.meta.url);
  // The build is for web workers: it reads its own address at load time.
  Object.assign(globalThis, { self: { location: { href: '' } } });
  const create: (options: object) => Promise<Core> = require('@ffmpeg/core');
  return create({ wasmBinary: readFileSync(require.resolve('@ffmpeg/core/wasm')) });
}

/** Reads pieces as FFmpeg asks for them, so memory does not grow with the file. */
function attachInput(fs: FileSystem, path: string): void {
  const fd = openSync(path, 'r');
  const node = fs.create(INPUT, 0o444);
  node.usedBytes = fstatSync(fd).size;
  node.stream_ops = {
    llseek: node.stream_ops.llseek,
    read: (_stream, target, offset, length, position) => readSync(fd, target, offset, length, position),
  };
}

function attachStdin(fs: FileSystem): void {
  const stream = fs.getStream(0);
  const read: StreamOps['read'] = (_stream, target, offset, length) =>
    persist(() => readSync(0, target, offset, length, null));
  stream.stream_ops = { ...stream.stream_ops, read };
}

function attachOutput(fs: FileSystem, fd: 1 | 2): void {
  const stream = fs.getStream(fd);
  const write: StreamOps['write'] = (_stream, source, offset, length) => {
    for (let done = 0; done < length; )
      done += persist(() => writeSync(fd, source.subarray(offset + done, offset + length)));
    return length;
  };
  stream.stream_ops = { ...stream.stream_ops, write };
}

/** A pipe that is full, or empty, blocks, or fails with EAGAIN where it was made non-blocking: then tries again. */
function persist(transfer: () => number): number {
  for (;;) {
    try {
      return transfer();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

async function main(args: string[]): Promise<number> {
  const core = await loadCore().catch((error: unknown) => {
    writeSync(2, `cannot load @ffmpeg/core: ${String(error)}\n`);
  });
  if (!core) return CANNOT_RUN;
  const at = args.indexOf('-i') + 1;
  const isStream = args[at] === 'pipe:0';
  if (isStream) attachStdin(core.FS);
  else attachInput(core.FS, (args[at] ?? '').replace(/^file:/, ''));
  attachOutput(core.FS, 1);
  attachOutput(core.FS, 2);
  try {
    const status = core.exec(...(isStream ? args : args.with(at, `file:${INPUT}`)));
    return status < 0 ? CRASHED : status;
  } catch {
    return CRASHED;
  }
}

process.exit(await main(process.argv.slice(2)));
