import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runToEnd } from '../decode.ts';
import { decodeArguments } from '../ffmpeg/arguments.ts';
import { HEAD_BYTES } from '../format.ts';
import { invalid } from '../limits.ts';
import type { Encoding } from '../samples.ts';
import type { Context } from '../source.ts';
import { ByteReader } from './byte-reader.ts';
import { decodeAtEnd, hasIndexFirst } from './mp4.ts';
import { readSamples } from './raw.ts';
import { resample } from './resample.ts';
import { sniff } from './sniff.ts';
import { openPlainWav } from './wav.ts';

type RawEncoding = Extract<Encoding, 'pcm_f32le' | 'pcm_s16le' | 'mulaw'>;

/** How live audio is sent. */
export type LiveFormat =
  /** Mono samples without a header; the rate is 1,000 to 384,000 Hz. */
  | { readonly type: 'raw'; readonly encoding: RawEncoding; readonly sampleRate: number }
  /** A file of any known format, piece by piece. */
  | { readonly type: 'file' };

const STANDSTILL_MS = 60_000;

/** Decodes audio as it comes. Throws as `Decoder.decodeLive` does. */
export async function* decodeLive(
  context: Context,
  bytes: AsyncIterable<Uint8Array>,
  format: LiveFormat,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  signal.throwIfAborted();
  const stream = endedBy(signal, bytes);
  try {
    if (format.type === 'raw') yield* resample(readSamples(stream, format.encoding), format.sampleRate);
    else yield* decodeStream(context, new ByteReader(stream, HEAD_BYTES), signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    stream.destroy();
  }
}

/** Passes bytes on one piece at a time, and ends with the signal even while a piece is waited for. */
function endedBy(signal: AbortSignal, bytes: AsyncIterable<Uint8Array>): Readable {
  const stream = new PassThrough({ highWaterMark: 1 });
  // Whoever reads the stream hears of a failure.
  pipeline(bytes, stream, { signal }).catch(() => undefined);
  return stream;
}

async function* decodeStream(
  context: Context,
  reader: ByteReader,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  if ((await reader.peek(1)).length === 0) return;
  const identified = await sniff(reader);
  if (!identified) throw invalid('Could not determine type of stream.');
  const { format, demuxer } = identified;
  const wav = format === 'wav' ? await openPlainWav(reader, context.options) : undefined;
  if (wav) yield* resample(readSamples(wav.data, wav.encoding, wav.channels), wav.sampleRate);
  else if (demuxer === 'mov' && !(await hasIndexFirst(reader))) {
    yield* decodeAtEnd(context, reader.rest(), signal);
  } else {
    const args = decodeArguments({ demuxer });
    const { ffmpeg } = context;
    const run = { ffmpeg, args, input: reader.rest(), timeoutMs: STANDSTILL_MS, onLine: () => undefined };
    yield* readSamples(runToEnd(run, signal), 'pcm_s16le');
  }
}
