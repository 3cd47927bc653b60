import { decodeFile } from './decode.ts';
import { findFfmpeg } from './ffmpeg/find.ts';
import { decodeLive, type LiveFormat } from './live/decode-live.ts';
import type { AudioOptions } from './options.ts';
import { type AudioInfo, probe } from './probe.ts';
import { type Context, openSource } from './source.ts';

/** Reads uploaded audio. What a file is, its bytes tell, never its name. */
export interface Decoder {
  /** `native` is an ffmpeg executable, `wasm` the slower build from npm. */
  readonly kind: 'native' | 'wasm';
  /**
   * Tells what a file holds, without decoding all of it. Throws `AppError('invalid_audio')` with a sentence for
   * the uploader if it is no audio, empty, corrupt, cut short, or exceeds a limit.
   */
  probe(path: string, signal: AbortSignal): Promise<AudioInfo>;
  /**
   * Decodes to mono at 16 kHz, in chunks of half a second (the last is shorter), as they are pulled. Returning
   * the iterator or aborting the signal ends the child process at once. Throws `AppError('invalid_audio')`,
   * possibly in the middle, or the signal's reason.
   */
  decode(path: string, signal: AbortSignal): AsyncIterable<Float32Array>;
  /** As `decode`, but of one channel, counted from 0 and below the count that `probe` tells. */
  decodeChannel(path: string, channel: number, signal: AbortSignal): AsyncIterable<Float32Array>;
  /**
   * Decodes audio while it is sent, for as long as that takes, to mono at 16 kHz: each piece as soon as it can be, in chunks
   * of any length. Bytes are pulled as samples are, cut anywhere; none are no error. An MP4 with its index at the end
   * is decoded then. Returning the iterator or aborting the signal ends the child process at once.
   *
   * Throws `AppError('invalid_audio')`, possibly in the middle, what `bytes` throws, or the signal's reason.
   */
  decodeLive(
    bytes: AsyncIterable<Uint8Array>,
    format: LiveFormat,
    signal: AbortSignal,
  ): AsyncGenerator<Float32Array>;
}

export type { LiveFormat };

export interface DecoderOptions extends AudioOptions {
  /** The value of PATH. Absent: no executable is looked for. */
  readonly searchPath?: string | undefined;
}

/** Throws an `Error` if there is nothing to decode with. */
export function createDecoder(options: DecoderOptions): Decoder {
  const context: Context = { ffmpeg: findFfmpeg(options), options };

  async function probeFile(path: string, signal: AbortSignal): Promise<AudioInfo> {
    signal.throwIfAborted();
    const source = await openSource(path);
    try {
      return await probe(context, source, signal);
    } finally {
      await source.file.close();
    }
  }

  return {
    kind: context.ffmpeg.kind,
    probe: probeFile,
    decode: (path, signal) => decodeFile(context, path, undefined, signal),
    decodeChannel: (path, channel, signal) => decodeFile(context, path, channel, signal),
    decodeLive: (bytes, format, signal) => decodeLive(context, bytes, format, signal),
  };
}
