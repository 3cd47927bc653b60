import { describe, expect, it } from 'vitest';
import type { JobConfig, TranscriptionConfig } from '../config/schema.ts';
import { channelLabels, checkChannels } from './channels.ts';

const config = (transcription_config: TranscriptionConfig): JobConfig => ({
  type: 'transcription',
  transcription_config,
});

describe('the label of a channel', () => {
  it.each([
    ['is channel_1 and so on', undefined, 2, ['channel_1', 'channel_2']],
    ['is the one asked for', ['agent', 'caller'], 2, ['agent', 'caller']],
    ['is numbered where none is left', ['agent'], 3, ['agent', 'channel_2', 'channel_3']],
    ['is one per channel, however many are given', ['agent', 'caller'], 1, ['agent']],
  ])('%s', (_, labels, channels, expected) => {
    const asked = config({ diarization: 'channel', ...(labels && { channel_diarization_labels: labels }) });
    expect(channelLabels(asked, channels)).toEqual(expected);
  });
});

describe('audio of many channels', () => {
  it('is mixed up to eight, and recognised by channel beyond', () => {
    const mixed = config({ channel_diarization_labels: ['a'] });
    expect(() => checkChannels(mixed, 8)).not.toThrow();
    expect(() => checkChannels(mixed, 9)).toThrow(
      expect.objectContaining({
        code: 'invalid_audio',
        detail: 'the audio has 9 channels; more than 8 need diarization "channel"',
      }),
    );
    expect(() => checkChannels(config({ diarization: 'channel' }), 64)).not.toThrow();
  });
});
