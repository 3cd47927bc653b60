import { AppError } from '../../errors/app-error.ts';
import type { JobConfig } from '../config/schema.ts';

/** FFmpeg tells no more apart. */
export const MAX_CHANNELS = 64;
/** FFmpeg mixes no more than the channels of 7.1 without being told where each loudspeaker stands. */
const MAX_MIXED_CHANNELS = 8;

/** Whether each channel is recognised by itself; otherwise all are mixed to one. */
export const isByChannel = ({ transcription_config }: JobConfig): boolean =>
  transcription_config?.diarization === 'channel';

/** Throws `AppError('invalid_audio')` for audio of so many channels that it can only be recognised by channel. */
export function checkChannels(config: JobConfig, channels: number): void {
  if (channels <= MAX_MIXED_CHANNELS || isByChannel(config)) return;
  const detail = `the audio has ${channels} channels; more than ${MAX_MIXED_CHANNELS} need diarization "channel"`;
  throw new AppError('invalid_audio', { detail });
}

/** The name of each channel: those of the config in order, and `channel_3` for the third if it has fewer. */
export function channelLabels({ transcription_config }: JobConfig, channels: number): string[] {
  const labels = transcription_config?.channel_diarization_labels ?? [];
  return Array.from({ length: channels }, (_, index) => labels[index] ?? `channel_${index + 1}`);
}
