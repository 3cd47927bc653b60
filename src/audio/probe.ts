import type { AudioFile } from './audio-file.ts';
import type { Claim } from './containers/claim.ts';
import { readClaim } from './containers/read-claim.ts';
import { isUniform, readWavHeader } from './containers/wav.ts';
import { probeArguments } from './ffmpeg/arguments.ts';
import { createProbeReport, type ProbeReport, readAuHeader } from './ffmpeg/probe-report.ts';
import { runFfmpeg } from './ffmpeg/run.ts';
import type { AudioFormat } from './format.ts';
import { checkComplete, checkDuration, checkStream, invalid, tooLong } from './limits.ts';
import type { AudioOptions } from './options.ts';
import type { Context, Source } from './source.ts';

/** The beginning of the audio is decoded, too: a header alone does not make it audio. */
const SAMPLE_SECONDS = 5;
/** At least this share of the sample must come out of the decoder. */
const MIN_DECODED_SHARE = 0.5;
const BASE_TIMEOUT_MS = 60_000;
const MIN_BYTES_PER_MS = 20_000;

export interface AudioInfo {
  readonly format: AudioFormat;
  readonly durationSeconds: number;
  readonly channels: number;
}

/** Measures an identified file without decoding all of it. Throws as `Decoder.probe` does. */
export async function probe(context: Context, source: Source, signal: AbortSignal): Promise<AudioInfo> {
  const { file, identified } = source;
  const { format } = identified;
  if (format === 'wav') {
    const info = await probeWav(file, context.options);
    if (info) return info;
  }
  const claim = await readClaim(file, format, identified.start);
  const { succeeded, report, sample } = await walk(context, source, signal);
  if (report.hasNoAudio) throw invalid('the file has no audio stream');
  const header = readAuHeader(sample);
  if (header) checkStream(header.channels, header.sampleRate, context.options);
  checkClaim(claim, report);
  if (!succeeded) throw corrupt();
  checkDuration(report.presentSeconds, context.options);
  if (!header) throw corrupt();
  const decodedSeconds = (sample.length - header.headerBytes) / (2 * header.channels * header.sampleRate);
  const expectedSeconds = Math.min(report.presentSeconds, SAMPLE_SECONDS) * MIN_DECODED_SHARE;
  // FFmpeg leaves the silent frames of AMR out.
  if (format === 'amr' ? decodedSeconds === 0 : decodedSeconds < expectedSeconds) throw corrupt();
  return { format, durationSeconds: report.presentSeconds, channels: header.channels };
}

/** Where every sample takes the same space, the header tells all and no process is needed. */
async function probeWav(file: AudioFile, options: AudioOptions): Promise<AudioInfo | undefined> {
  const header = await readWavHeader(file);
  if (!header) throw corrupt();
  checkStream(header.channels, header.sampleRate, options);
  if (!isUniform(header)) return undefined;
  const secondsOf = (bytes: number) => Math.floor(bytes / header.blockBytes) / header.sampleRate;
  const durationSeconds = secondsOf(header.presentBytes);
  if (header.declaredBytes) checkComplete(secondsOf(header.declaredBytes), durationSeconds);
  checkDuration(durationSeconds, options);
  return { format: 'wav', durationSeconds, channels: header.channels };
}

async function walk({ ffmpeg, options }: Context, { file, path, identified }: Source, signal: AbortSignal) {
  const { report, readLine } = createProbeReport();
  const onLine = (line: string) => {
    readLine(line);
    return report.presentSeconds > options.maxDurationSeconds ? tooLong(options) : undefined;
  };
  const input = { path, demuxer: identified.demuxer, maxSeconds: options.maxDurationSeconds + 1 };
  const args = probeArguments(input, SAMPLE_SECONDS);
  const timeoutMs = BASE_TIMEOUT_MS + file.sizeBytes / MIN_BYTES_PER_MS;
  const run = runFfmpeg({ ffmpeg, args, timeoutMs, onLine }, signal);
  const chunks: Buffer[] = [];
  for (;;) {
    const next = await run.next();
    if (next.done) return { succeeded: next.value, report, sample: Buffer.concat(chunks) };
    chunks.push(next.value);
    // A stream that is out of bounds could fill the memory with its sample.
    const header = chunks.length === 1 ? readAuHeader(next.value) : undefined;
    if (header) await stopUnless(run, () => checkStream(header.channels, header.sampleRate, options));
  }
}

async function stopUnless(
  run: AsyncGenerator<unknown, unknown, undefined>,
  check: () => void,
): Promise<void> {
  try {
    check();
  } catch (error) {
    await run.return(undefined);
    throw error;
  }
}

function checkClaim(claim: Claim, report: ProbeReport): void {
  // A video may well go on after its audio, unless the file is cut.
  const comparable = claim.cut || report.streams === 1;
  const declaredSeconds = claim.seconds ?? (comparable ? report.declaredSeconds : undefined);
  if (declaredSeconds !== undefined) checkComplete(declaredSeconds, report.presentSeconds);
  if (!claim.cut || declaredSeconds !== undefined) return;
  const present =
    report.presentSeconds > 0 ? `, after ${report.presentSeconds.toFixed(1)} seconds of audio` : '';
  throw invalid(`the file is cut short: it ends in the middle of a block${present}`);
}

function corrupt() {
  return invalid('the audio is corrupt, or not what its header says');
}
