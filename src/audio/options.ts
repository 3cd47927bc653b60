import { file, integer, type Values } from '../base/option.ts';

export const audioOptions = {
  ffmpegPath: file({
    env: 'PARLEY_FFMPEG',
    doc: 'Path of the `ffmpeg` executable that decodes audio. Unset: the first `ffmpeg` on PATH, else the slower WebAssembly build from npm.',
  }),
  maxDurationSeconds: integer({
    env: 'PARLEY_AUDIO_MAX_SECONDS',
    doc: 'Longest audio accepted in one file, in seconds.',
    default: 36_000,
    min: 1,
    max: 86_400,
  }),
  maxChannels: integer({
    env: 'PARLEY_AUDIO_MAX_CHANNELS',
    doc: 'Most channels accepted in one file; more than eight only where each is recognised by itself.',
    default: 64,
    min: 1,
    max: 64,
  }),
};

export type AudioOptions = Values<typeof audioOptions>;
