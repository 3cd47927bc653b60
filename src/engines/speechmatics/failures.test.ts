import { expect, it } from 'vitest';
import { EngineError } from '../engine.ts';
import { errorOfType, refusedWith } from './failures.ts';
import { readMessage } from './messages.ts';

it.each([
  ['quota_exceeded', true],
  ['job_error', true],
  ['idle_timeout', true],
  ['session_timeout', true],
  ['unknown_error', true],
  ['invalid_message', false],
  ['invalid_config', false],
  ['invalid_audio_type', false],
  ['invalid_model', false],
  ['invalid_language', false],
  ['protocol_error', false],
  ['not_authorised', false],
  ['not_allowed', false],
  ['timelimit_exceeded', false],
])('%s may pass: %s', (type, retryable) => {
  expect(errorOfType(type)).toMatchObject({
    name: 'EngineError',
    retryable,
    message: `the upstream says ${type}`,
  });
});

it('does not repeat a type that is none of the protocol', () => {
  expect(errorOfType('Mr Jones said').message).not.toContain('Jones');
});

it.each([
  [400, false],
  [401, false],
  [404, false],
  [408, true],
  [429, true],
  [500, true],
  [503, true],
])('HTTP status %i may pass: %s', (status, retryable) => {
  expect(refusedWith(status)).toMatchObject({ retryable, message: expect.stringContaining(String(status)) });
});

it.each(['', '{', '{"message":"AudioAdded"}', '{"message":"AddTranscript","results":[]}'])(
  'cannot read %j',
  (text) => {
    expect(() => readMessage(text)).toThrow(EngineError);
  },
);

it.each([
  'null',
  '[]',
  '{"message":7}',
  '{"message":"toString"}',
  '{"message":"Info","type":"recognition_quality"}',
])('does not look at %j', (text) => {
  expect(readMessage(text)).toBeUndefined();
});
