import { describe, expect, it } from 'vitest';
import { readClientMessage } from './client-message.ts';
import { SessionError } from './session-error.ts';

const refusal = (text: string): SessionError => {
  try {
    readClientMessage(text);
  } catch (error) {
    if (error instanceof SessionError) return error;
    throw error;
  }
  throw new Error('it was taken');
};

describe('a text frame', () => {
  it.each([
    { message: 'StartRecognition', transcription_config: { language: 'en' } },
    { message: 'AddChannelAudio', channel: 'left', data: 'AAAA' },
    { last_seq_no: 3, message: 'EndOfStream' },
    { message: 'EndOfChannel', channel: 'left', last_seq_no: 0 },
    { message: 'ForceEndOfUtterance' },
    { message: 'ForceEndOfUtterance', channel: 'left', timestamp: 1.5 },
    { message: 'SetRecognitionConfig', transcription_config: { max_delay: 1 }, translation_config: {} },
    { message: 'GetSpeakers' },
    { message: 'GetSpeakers', final: true },
  ])('is read: %j', (message) => {
    expect(readClientMessage(JSON.stringify(message))).toEqual(message);
  });

  it('may say null for what is absent', () => {
    const text = '{"message":"ForceEndOfUtterance","channel":null,"timestamp":null}';
    expect(readClientMessage(text)).toEqual({ message: 'ForceEndOfUtterance' });
  });

  it.each([
    ['', /not JSON/],
    ['{', /not JSON/],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    ['"EndOfStream"', /not a JSON object/],
    ['{}', /"message" is missing/],
    ['{"message":7}', /"message" is missing/],
    ['{"message":"Hello"}', /no message "Hello"/],
    ['{"message":"toString"}', /no message "toString"/],
    ['{"message":"EndOfStream"}', /^EndOfStream: /],
    ['{"message":"EndOfStream","last_seq_no":-1}', /^EndOfStream: "last_seq_no" /],
    ['{"message":"EndOfStream","last_seq_no":1.5}', /^EndOfStream: "last_seq_no" /],
    ['{"message":"ForceEndOfUtterance","timestamp":1e999}', /^ForceEndOfUtterance: "timestamp" /],
    ['{"message":"GetSpeakers","final":"yes"}', /^GetSpeakers: "final" /],
    ['{"message":"SetRecognitionConfig"}', /^SetRecognitionConfig: /],
    [`{"message":"GetSpeakers","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, /nested too deeply/],
    [`{"message":"GetSpeakers","x":[${'[],'.repeat(10_000)}0]}`, /too many values/],
    [
      JSON.stringify({ message: 'GetSpeakers', x: Array.from({ length: 20_001 }, () => '') }),
      /too many values/,
    ],
  ])('is refused: %.60s', (text, reason) => {
    expect(refusal(text)).toMatchObject({ type: 'invalid_message', message: expect.stringMatching(reason) });
  });

  it('may be long all the same', () => {
    const data = 'A'.repeat(4_000_000);
    expect(
      readClientMessage(JSON.stringify({ message: 'AddChannelAudio', channel: 'a', data })),
    ).toMatchObject({
      data,
    });
    const entry = { content: 'word', sounds_like: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] };
    const transcription_config = { additional_vocab: Array.from({ length: 1_000 }, () => entry) };
    const start = { message: 'StartRecognition', transcription_config };
    expect(readClientMessage(JSON.stringify(start))).toEqual(start);
  });

  it('is refused in few words, however long it is', () => {
    expect(refusal(JSON.stringify({ message: 'x'.repeat(1_000_000) })).message.length).toBeLessThan(300);
  });
});
