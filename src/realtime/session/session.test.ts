import { describe, expect, it } from 'vitest';
import type { Item } from '../../transcripts/item.ts';
import { SessionError } from '../protocol/session-error.ts';
import { Bench, ended, START } from './bench.fixture.ts';

const word = (content: string, startSeconds: number, endSeconds: number): Item => ({
  type: 'word',
  content,
  startSeconds,
  endSeconds,
  confidence: 0.9,
});

describe('starting', () => {
  it('says first what was found out, then the warnings, then RecognitionStarted and the quality', () => {
    const bench = new Bench();
    bench.says({ ...START, translation_config: { target_languages: [] } });
    expect(bench.sent).toEqual([]);
    const info = { message: 'AudioAdded', seq_no: 7 } as const;
    bench.session.begin({ id: 'an-id', orchestratorVersion: 'test', infos: [info] }, 0);
    expect(bench.names).toEqual(['AudioAdded', 'Warning', 'RecognitionStarted', 'Info']);
    expect(bench.sent[1]).toMatchObject({ type: 'empty_translation_target_list' });
    expect(bench.sent[2]).toEqual({
      message: 'RecognitionStarted',
      id: 'an-id',
      orchestrator_version: 'test',
      language_pack_info: {
        adapted: false,
        itn: false,
        language_description: 'English',
        word_delimiter: ' ',
        writing_direction: 'left-to-right',
      },
    });
    expect(bench.sent[3]).toMatchObject({ type: 'recognition_quality', quality: 'broadcast' });
  });

  it.each([
    [8_000, 'telephony'],
    [11_999, 'telephony'],
    [12_000, 'broadcast'],
    [48_000, 'broadcast'],
  ])('calls audio of %i Hz %s', (sample_rate, quality) => {
    const bench = new Bench().started(
      {},
      { audio_format: { type: 'raw', encoding: 'pcm_s16le', sample_rate } },
    );
    expect(bench.of('Info')).toEqual([
      {
        message: 'Info',
        type: 'recognition_quality',
        reason: `Running recognition using a ${quality} model quality.`,
        quality,
      },
    ]);
  });

  it('names the channels in both ways that clients look for', () => {
    const bench = new Bench().started({
      diarization: 'channel',
      channel_diarization_labels: ['left', 'right'],
    });
    expect(bench.of('RecognitionStarted')[0]).toMatchObject({
      channel_ids: ['left', 'right'],
      channels: ['left', 'right'],
    });
  });

  it('ends when the config cannot be', () => {
    const bench = new Bench();
    bench.says({ ...START, transcription_config: { language: 'xx' } });
    expect(bench.sent).toEqual([
      { message: 'Error', type: 'invalid_language', reason: 'no installed engine offers the language "xx"' },
    ]);
    expect(bench.work).toEqual([ended(4004, 'invalid_model')]);
  });

  it('ends when the place is refused, and says nothing more', () => {
    const bench = new Bench();
    bench.says(START);
    bench.session.fail(new SessionError('quota_exceeded', 'Concurrent Quota Exceeded'));
    bench.begin();
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    expect(bench.sent).toEqual([
      { message: 'Error', type: 'quota_exceeded', reason: 'Concurrent Quota Exceeded' },
    ]);
    expect(bench.work.at(-1)).toEqual(ended(4005, 'quota_exceeded'));
  });
});

describe('a message at the wrong time', () => {
  const later = [
    { message: 'EndOfStream', last_seq_no: 0 },
    { message: 'EndOfChannel', channel: 'a', last_seq_no: 0 },
    { message: 'AddChannelAudio', channel: 'a', data: '' },
    { message: 'ForceEndOfUtterance' },
    { message: 'GetSpeakers' },
    { message: 'SetRecognitionConfig', transcription_config: {} },
  ];
  it.each(later)('before StartRecognition: $message', (message) => {
    const bench = new Bench();
    bench.says(message);
    expect(bench.sent).toMatchObject([{ message: 'Error', type: 'protocol_error' }]);
    expect(bench.work).toEqual([ended(1003, 'protocol_error')]);
  });

  it.each(later.filter(({ message }) => message !== 'EndOfStream'))('while starting: $message', (message) => {
    const bench = new Bench();
    bench.says(START);
    bench.says(message);
    expect(bench.sent).toMatchObject([{ message: 'Error', type: 'protocol_error' }]);
  });

  it.each(['before StartRecognition', 'while starting'])('audio %s', (when) => {
    const bench = new Bench();
    if (when === 'while starting') bench.says(START);
    bench.sends();
    expect(bench.sent).toMatchObject([{ message: 'Error', type: 'protocol_error' }]);
    expect(bench.work.map(([name]) => name)).not.toContain('audio');
  });

  it.each(['starting', 'streaming', 'draining'])('a second StartRecognition while %s', (state) => {
    const bench = new Bench();
    bench.says(START);
    if (state !== 'starting') bench.begin();
    if (state === 'draining') bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    bench.says(START);
    expect(bench.sent.at(-1)).toMatchObject({ message: 'Error', type: 'protocol_error' });
  });

  it.each([
    ['binary audio with channels', { diarization: 'channel', channel_diarization_labels: ['a'] }, undefined],
    [
      'audio of an unknown channel',
      { diarization: 'channel', channel_diarization_labels: ['a'] },
      { message: 'AddChannelAudio', channel: 'b', data: '' },
    ],
    ['audio of a channel without channels', {}, { message: 'AddChannelAudio', channel: 'a', data: '' }],
  ])('%s', (_, config, message) => {
    const bench = new Bench().started(config);
    if (message) bench.says(message);
    else bench.sends();
    expect(bench.sent.at(-1)).toMatchObject({ message: 'Error', type: 'protocol_error' });
  });

  it.each(['{', '[]', '{"message":"Hello"}', '{}'])('what is no message: %s', (text) => {
    const bench = new Bench().started();
    bench.says(text);
    expect(bench.sent.at(-1)).toMatchObject({ message: 'Error', type: 'invalid_message' });
    expect(bench.work.at(-1)).toEqual(ended(1003, 'protocol_error'));
  });
});

describe('audio', () => {
  it('is confirmed once for each message, counted from 1, also when it is empty', () => {
    const bench = new Bench().started();
    bench.take();
    for (const length of [4_096, 0, 1]) bench.sends(length);
    expect(bench.take()).toEqual([1, 2, 3].map((seq_no) => ({ message: 'AudioAdded', seq_no })));
    expect(bench.work.filter(([name]) => name === 'audio')).toHaveLength(3);
  });

  it('of channels is counted for each of them', () => {
    const bench = new Bench().started({ diarization: 'channel', channel_diarization_labels: ['a', 'b'] });
    bench.take();
    for (const channel of ['a', 'b', 'a']) {
      bench.says({ message: 'AddChannelAudio', channel, data: Buffer.from('abc').toString('base64') });
    }
    expect(bench.take()).toEqual([
      { message: 'ChannelAudioAdded', channel: 'a', seq_no: 1 },
      { message: 'ChannelAudioAdded', channel: 'b', seq_no: 1 },
      { message: 'ChannelAudioAdded', channel: 'a', seq_no: 2 },
    ]);
    expect(bench.work.filter(([name]) => name === 'audio')).toEqual([
      ['audio', 0, Buffer.from('abc')],
      ['audio', 1, Buffer.from('abc')],
      ['audio', 0, Buffer.from('abc')],
    ]);
  });

  it('after the end is ignored, with one warning and no confirmation', () => {
    const bench = new Bench().started();
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    bench.take();
    bench.sends();
    bench.sends();
    expect(bench.take()).toMatchObject([{ message: 'Warning', type: 'add_audio_after_eos' }]);
    expect(bench.work.filter(([name]) => name === 'audio')).toEqual([]);
  });
});

describe('the end', () => {
  it.each([0, 1, 1_000_000])('comes when all was heard, whatever last_seq_no says: %i', (last_seq_no) => {
    const bench = new Bench().started();
    bench.sends();
    bench.says({ message: 'EndOfStream', last_seq_no });
    expect(bench.work.at(-1)).toEqual(['endAudio', 0]);
    bench.hears({ finals: [word('late', 0, 1)], finalSeconds: 1 });
    expect(bench.names).not.toContain('EndOfTranscript');
    bench.session.ended(0);
    expect(bench.names.slice(-2)).toEqual(['AddTranscript', 'EndOfTranscript']);
    expect(bench.work.at(-1)).toEqual(['close', 1000, '', 5_000]);
    bench.take();
    bench.hears({ finals: [word('later', 1, 2)], finalSeconds: 2 });
    bench.says({ message: 'GetSpeakers' });
    expect(bench.take()).toEqual([]);
  });

  it('may be said while the session is starting, and only once', () => {
    const bench = new Bench();
    bench.says(START);
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    expect(bench.work.map(([name]) => name)).toEqual(['start']);
    bench.begin();
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    expect(bench.work.filter(([name]) => name === 'endAudio')).toEqual([['endAudio', 0]]);
  });

  it('of all channels is the end of the stream', () => {
    const bench = new Bench().started({ diarization: 'channel', channel_diarization_labels: ['a', 'b'] });
    bench.says({ message: 'EndOfChannel', channel: 'a', last_seq_no: 0 });
    bench.session.ended(0);
    expect(bench.names).not.toContain('EndOfTranscript');
    bench.says({ message: 'AddChannelAudio', channel: 'b', data: '' });
    expect(bench.names.at(-1)).toBe('ChannelAudioAdded');
    bench.says({ message: 'EndOfChannel', channel: 'b', last_seq_no: 1 });
    bench.session.ended(1);
    expect(bench.names.at(-1)).toBe('EndOfTranscript');
  });

  it('ends all channels at once when it is EndOfStream', () => {
    const bench = new Bench().started({ diarization: 'channel', channel_diarization_labels: ['a', 'b'] });
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    expect(bench.work.slice(-2)).toEqual([
      ['endAudio', 0],
      ['endAudio', 1],
    ]);
  });
});

describe('what was heard', () => {
  it('is final with a partial right behind, also an empty one', () => {
    const bench = new Bench().started({ enable_partials: true });
    bench.take();
    bench.hears({ finals: [word('Good', 1.2, 1.481)], finalSeconds: 1.5, heardSeconds: 2 });
    expect(bench.take()).toEqual([
      {
        message: 'AddTranscript',
        format: '2.9',
        metadata: { start_time: 0, end_time: 1.5, transcript: 'Good ' },
        results: [
          {
            type: 'word',
            start_time: 1.2,
            end_time: 1.48,
            alternatives: [{ content: 'Good', confidence: 0.9, language: 'en' }],
          },
        ],
      },
      {
        message: 'AddPartialTranscript',
        format: '2.9',
        metadata: { start_time: 1.5, end_time: 1.5, transcript: '' },
        results: [],
      },
    ]);
  });

  it('has no partials unless they are asked for', () => {
    const bench = new Bench().started();
    bench.take();
    bench.hears({ finals: [word('a', 0, 1)], partials: [word('b', 1, 2)], finalSeconds: 1, heardSeconds: 2 });
    bench.hears({ partials: [word('b', 1, 2)], finalSeconds: 1, heardSeconds: 2 });
    expect(bench.names).toEqual(['AddTranscript']);
  });

  it('follows what was final before, without a gap', () => {
    const bench = new Bench().started({ enable_partials: true });
    bench.hears({ finals: [word('a', 0, 1)], finalSeconds: 1, heardSeconds: 1 });
    bench.take();
    bench.hears({ partials: [word('b', 1.4, 2)], finalSeconds: 1, heardSeconds: 2 });
    bench.hears({ finals: [word('b', 1.4, 2)], finalSeconds: 2.2, heardSeconds: 3 });
    expect(bench.take().map(({ metadata }) => metadata)).toEqual([
      { start_time: 1, end_time: 2, transcript: 'b' },
      { start_time: 1, end_time: 2.2, transcript: 'b ' },
      { start_time: 2.2, end_time: 2.2, transcript: '' },
    ]);
  });

  it('takes a partial back when nothing is left of it', () => {
    const bench = new Bench().started({ enable_partials: true });
    bench.hears({ partials: [word('noise', 0, 1)], heardSeconds: 1 });
    bench.take();
    bench.hears({ finalSeconds: 2, heardSeconds: 2 });
    bench.hears({ finalSeconds: 2.5, heardSeconds: 2.5 });
    expect(bench.take().map(({ message }) => message)).toEqual(['AddTranscript', 'AddPartialTranscript']);
  });

  it('shows every five seconds of silence that it listens', () => {
    const bench = new Bench().started();
    bench.take();
    for (const seconds of [1, 4.9, 5, 9.9, 10]) bench.hears({ finalSeconds: seconds, heardSeconds: seconds });
    expect(bench.take().map(({ metadata }) => metadata)).toEqual([
      { start_time: 0, end_time: 5, transcript: '' },
      { start_time: 5, end_time: 10, transcript: '' },
    ]);
  });

  it('ends an utterance behind its final and its partial, all at one time', () => {
    const bench = new Bench().started({ enable_partials: true });
    bench.take();
    bench.hears({ finals: [word('a', 0, 1)], finalSeconds: 2.44, utteranceEnd: 'silence' });
    expect(bench.names).toEqual(['AddTranscript', 'AddPartialTranscript', 'EndOfUtterance']);
    expect(bench.sent[2]).toEqual({
      message: 'EndOfUtterance',
      format: '2.9',
      metadata: { start_time: 2.44, end_time: 2.44 },
    });
  });

  it('is marked as forced when the client forced it, also in silence', () => {
    const bench = new Bench().started({ enable_partials: true });
    bench.says({ message: 'ForceEndOfUtterance', timestamp: 3 });
    expect(bench.work.at(-1)).toEqual(['request', 0, { type: 'end_utterance' }, 3]);
    bench.take();
    bench.hears({ finalSeconds: 3, utteranceEnd: 'request' });
    expect(bench.sent).toMatchObject([
      { message: 'AddTranscript', results: [], forced: true },
      { message: 'AddPartialTranscript', forced: true },
      { message: 'EndOfUtterance', forced: true },
    ]);
  });

  it('is named by its channel, in the message and in each result', () => {
    const bench = new Bench().started({ diarization: 'channel', channel_diarization_labels: ['a', 'b'] });
    bench.take();
    bench.hears({ finals: [word('x', 0, 1)], finalSeconds: 1, utteranceEnd: 'silence' }, 1);
    expect(bench.sent).toMatchObject([
      { message: 'AddTranscript', channel: 'b', results: [{ channel: 'b' }] },
      { message: 'EndOfUtterance', channel: 'b' },
    ]);
  });

  it('holds no null', () => {
    const bench = new Bench().started({ enable_partials: true });
    bench.hears({ finals: [word('a', 0, 1)], finalSeconds: 1, utteranceEnd: 'request' });
    expect(JSON.stringify(bench.sent)).not.toContain('null');
  });
});

describe('requests', () => {
  it('forces the end of an utterance in all channels, or in one', () => {
    const bench = new Bench().started({ diarization: 'channel', channel_diarization_labels: ['a', 'b'] });
    bench.says({ message: 'ForceEndOfUtterance' });
    bench.says({ message: 'ForceEndOfUtterance', channel: 'b' });
    expect(bench.work.slice(1)).toEqual([
      ['request', 0, { type: 'end_utterance' }, undefined],
      ['request', 1, { type: 'end_utterance' }, undefined],
      ['request', 1, { type: 'end_utterance' }, undefined],
    ]);
  });

  it('changes what may be changed, and takes the rest of the config as it is', () => {
    const bench = new Bench().started({ enable_entities: true });
    const transcription_config = {
      language: 'en',
      enable_entities: true,
      max_delay: 1,
      enable_partials: true,
    };
    bench.says({ message: 'SetRecognitionConfig', transcription_config });
    expect(bench.work.at(-1)).toMatchObject([
      'request',
      0,
      { type: 'change', live: { maxDelaySeconds: 1, hasPartials: true } },
    ]);
    bench.take();
    bench.hears({ partials: [word('b', 1, 2)], heardSeconds: 2 });
    expect(bench.names).toEqual(['AddPartialTranscript']);
  });

  it('refuses to change anything else', () => {
    const bench = new Bench().started();
    bench.says({ message: 'SetRecognitionConfig', transcription_config: { enable_entities: true } });
    expect(bench.sent.at(-1)).toMatchObject({ message: 'Error', type: 'invalid_config' });
  });

  it('tells the speakers at once each time, and once at the end', () => {
    const bench = new Bench().started();
    bench.take();
    for (const final of [false, false, true, true]) bench.says({ message: 'GetSpeakers', final });
    expect(bench.of('SpeakersResult')).toHaveLength(2);
    expect(bench.of('Warning')[0]).toMatchObject({ type: 'speaker_id' });
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    bench.take();
    bench.session.ended(0);
    expect(bench.names).toEqual(['SpeakersResult', 'EndOfTranscript']);
  });

  it('are ignored after the end of the stream, but for the speakers', () => {
    const bench = new Bench().started();
    bench.says({ message: 'EndOfStream', last_seq_no: 0 });
    const before = bench.work.length;
    bench.take();
    bench.says({ message: 'ForceEndOfUtterance' });
    bench.says({ message: 'SetRecognitionConfig', transcription_config: { max_delay: 1 } });
    bench.says({ message: 'GetSpeakers' });
    expect(bench.work).toHaveLength(before);
    expect(bench.names).toEqual(['Warning', 'SpeakersResult']);
  });
});

describe('a lock in the key', () => {
  const lock = { language: 'en', enable_entities: false };

  it('gives absent members their value', () => {
    const bench = new Bench({ lock });
    bench.says({ ...START, transcription_config: {} });
    expect(bench.work).toMatchObject([
      ['start', { transcription: { language: 'en', enable_entities: false } }],
    ]);
  });

  it('refuses another value', () => {
    const bench = new Bench({ lock });
    bench.says({ ...START, transcription_config: { language: 'en', enable_entities: true } });
    expect(bench.sent).toMatchObject([{ message: 'Error', type: 'not_allowed' }]);
    expect(bench.work).toEqual([ended(4003, 'not_allowed')]);
  });

  describe('during the session', () => {
    const changed = (transcription_config: object) => {
      const bench = new Bench({ lock: { max_delay: 2 } }).started();
      bench.says({ message: 'SetRecognitionConfig', transcription_config });
      return bench;
    };

    it('refuses another value', () => {
      expect(changed({ max_delay: 1 }).sent.at(-1)).toMatchObject({ message: 'Error', type: 'not_allowed' });
    });

    it.each([
      ['the same value', { max_delay: 2 }],
      ['another member', { enable_partials: true }],
    ])('permits %s', (_what, change) => {
      const bench = changed(change);
      expect(bench.of('Error')).toEqual([]);
      expect(bench.work.at(-1)).toMatchObject([
        'request',
        0,
        { type: 'change', live: { maxDelaySeconds: 2 } },
      ]);
    });
  });
});
