import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, isAbsolute, join } from 'node:path';
import { moduleProgram } from '../../base/fork-module.ts';

/** A program that takes FFmpeg's arguments. */
export interface Ffmpeg {
  readonly kind: 'native' | 'wasm';
  readonly command: string;
  /** Arguments that come before FFmpeg's own. */
  readonly leadingArguments: readonly string[];
}

interface Places {
  readonly ffmpegPath?: string | undefined;
  readonly searchPath?: string | undefined;
}

const WASM_HEAP_MIB = 128;

/**
 * `ffmpegPath` if given, else the first `ffmpeg` in `searchPath` (the value of PATH), else the WebAssembly
 * build from npm. Throws if there is none of them.
 */
export function findFfmpeg({ ffmpegPath, searchPath }: Places): Ffmpeg {
  if (ffmpegPath !== undefined) {
    if (!isExecutable(ffmpegPath)) throw new Error(`${ffmpegPath} is not an executable ffmpeg`);
    return native(ffmpegPath);
  }
  const onPath = (searchPath ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, 'ffmpeg'))
    .find(isExecutable);
  return onPath === undefined ? wasm() : native(onPath);
}

function native(command: string): Ffmpeg {
  return { kind: 'native', command, leadingArguments: [] };
}

function wasm(): Ffmpeg {
  try {
    createRequire(import.meta.url).resolve('@ffmpeg/core');
  } catch (cause) {
    throw new Error('no ffmpeg on PATH, and the optional npm package @ffmpeg/core is not installed', {
      cause,
    });
  }
  const { execArgv, path } = moduleProgram(import.meta.url, './wasm.ts');
  const leadingArguments = [`--max-old-space-size=${WASM_HEAP_MIB}`, ...execArgv, path];
  return { kind: 'wasm', command: process.execPath, leadingArguments };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
