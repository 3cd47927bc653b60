import { AppError } from '../errors/app-error.ts';
import type { AudioOptions } from './options.ts';

const MIN_SAMPLE_RATE = 4_000;
const MAX_SAMPLE_RATE = 384_000;
/** A file may lack this much of what it declares: encoders round, and pad their last frame. */
const TOLERATED_SHARE = 0.02;
const TOLERATED_SECONDS = 0.5;

/** Throws `AppError('invalid_audio')` if a stream is too wide, or its rate not one of sound. */
export function checkStream(channels: number, sampleRate: number, options: AudioOptions): void {
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) {
    throw invalid(
      `the sample rate of ${sampleRate} Hz is outside the range of ${MIN_SAMPLE_RATE} to ${MAX_SAMPLE_RATE} Hz`,
    );
  }
  if (channels < 1) throw invalid('the audio has no channels');
  if (channels > options.maxChannels) {
    throw invalid(`the audio has ${channels} channels, more than the ${options.maxChannels} allowed`);
  }
}

/** Throws `AppError('invalid_audio')` if the audio is empty or too long. */
export function checkDuration(seconds: number, options: AudioOptions): void {
  if (!(seconds > 0)) throw invalid('the audio is empty');
  if (seconds > options.maxDurationSeconds) throw tooLong(options);
}

/** Throws `AppError('invalid_audio')` if clearly less is present than was declared. */
export function checkComplete(declaredSeconds: number, presentSeconds: number): void {
  const missing = declaredSeconds - presentSeconds;
  if (missing <= TOLERATED_SECONDS || missing <= declaredSeconds * TOLERATED_SHARE) return;
  const declared = declaredSeconds.toFixed(1);
  throw invalid(
    `the file is cut short: it declares ${declared} seconds and holds ${presentSeconds.toFixed(1)}`,
  );
}

export function tooLong(options: AudioOptions): AppError {
  return invalid(`the audio is longer than the ${options.maxDurationSeconds} seconds allowed`);
}

export function invalid(detail: string): AppError {
  return new AppError('invalid_audio', { detail });
}
