import { decodeArguments } from './ffmpeg/arguments.ts';
import { runFfmpeg } from './ffmpeg/run.ts';
import { invalid, tooLong } from './limits.ts';
import { SAMPLE_RATE } from './sample-rate.ts';
import { toChunks } from './samples.ts';
import type { Context, Source } from './source.ts';
import { readPlainWav } from './wav-samples.ts';

const BASE_TIMEOUT_MS = 60_000;
/** Half of real time. On a busy machine the slow build still decodes fifty times faster than that. */
const TIMEOUT_MS_PER_SECOND = 500;

interface ChannelSource extends Source {
  /** The channel to decode, from 0; all are mixed if absent. */
  readonly channel: number | undefined;
}

/** Decodes an identified file. Throws as `Decoder.decode` does. */
export async function* decode(
  context: Context,
  source: ChannelSource,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  const { maxDurationSeconds } = context.options;
  const pcm = (await readPlainWav(source, signal)) ?? runDecoder(context, source, signal);
  let samples = 0;
  for await (const chunk of toChunks(pcm)) {
    samples += chunk.length;
    if (samples > (maxDurationSeconds + 1) * SAMPLE_RATE) throw tooLong(context.options);
    yield chunk;
  }
  if (samples === 0) throw invalid('the audio is empty');
}

async function* runDecoder({ ffmpeg, options }: Context, source: ChannelSource, signal: AbortSignal) {
  const { path, identified, channel } = source;
  // Two seconds more than allowed: one that resamplers may add, one to tell "too long" from "just so long".
  const maxSeconds = options.maxDurationSeconds + 2;
  const args = decodeArguments({ path, demuxer: identified.demuxer, maxSeconds }, channel);
  const timeoutMs = BASE_TIMEOUT_MS + options.maxDurationSeconds * TIMEOUT_MS_PER_SECOND;
  const succeeded = yield* runFfmpeg({ ffmpeg, args, timeoutMs, onLine: () => undefined }, signal);
  if (!succeeded) throw invalid('the audio is corrupt and cannot be decoded to its end');
}
