import { decodeArguments } from './ffmpeg/arguments.ts';
import { type Run, runFfmpeg } from './ffmpeg/run.ts';
import { invalid, tooLong } from './limits.ts';
import { SAMPLE_RATE } from './sample-rate.ts';
import { toChunks } from './samples.ts';
import { type Context, openSource, type Source } from './source.ts';
import { readPlainWav } from './wav-samples.ts';

const BASE_TIMEOUT_MS = 60_000;
/** Half of real time. On a busy machine the slow build still decodes fifty times faster than that. */
const TIMEOUT_MS_PER_SECOND = 500;

interface ChannelSource extends Source {
  /** The channel to decode, from 0; all are mixed if absent. */
  readonly channel: number | undefined;
}

/** Decodes a channel of a file, or all, mixed. Throws as `Decoder.decode` does. */
export async function* decodeFile(
  context: Context,
  path: string,
  channel: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Float32Array> {
  signal.throwIfAborted();
  const source = await openSource(path);
  try {
    yield* decode(context, { ...source, channel }, signal);
  } finally {
    await source.file.close();
  }
}

async function* decode(
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

/** As `runFfmpeg`, but throws `AppError('invalid_audio')` if it could make no sense of the audio. */
export async function* runToEnd(run: Run, signal: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const succeeded = yield* runFfmpeg(run, signal);
  if (!succeeded) throw invalid('the audio is corrupt and cannot be decoded to its end');
}

function runDecoder({ ffmpeg, options }: Context, source: ChannelSource, signal: AbortSignal) {
  const { path, identified, channel } = source;
  // Two seconds more than allowed: one that resamplers may add, one to tell "too long" from "just so long".
  const maxSeconds = options.maxDurationSeconds + 2;
  const args = decodeArguments({ path, demuxer: identified.demuxer, maxSeconds }, channel);
  const timeoutMs = BASE_TIMEOUT_MS + options.maxDurationSeconds * TIMEOUT_MS_PER_SECOND;
  return runToEnd({ ffmpeg, args, timeoutMs, onLine: () => undefined }, signal);
}
