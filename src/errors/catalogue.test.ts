import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.ts';

/** The closed list of `@speechmatics/batch-client`: any other string reaches its users as an unexpected response. */
const KNOWN_TO_CLIENTS = new Set([
  'Bad Request',
  'File Expired',
  'Forbidden',
  'Resource Locked',
  'Format Not Supported',
  'Internal Server Error',
  'Job error',
  'Job Expired',
  'Job In Progress',
  'Job is not of type alignment',
  'Job is not of type transcription',
  'Job not found',
  'Job rejected',
  'Job rejected due to invalid audio',
  'Job rejected due to invalid text',
  'Malformed request',
  'Missing callback',
  'Missing data_file',
  'Missing text_file',
  'No language selected',
  'Not Implemented',
  'Permission Denied',
  'Requested product not available',
  'Transcription not ready',
  'Log file not available',
  'Unprocessable Entity',
  'Max concurrent running jobs exceeded',
]);

/** Answers no call of an official client should meet, for which the list has no word. */
const OUR_OWN = new Set([
  'not_found',
  'method_not_allowed',
  'conflict',
  'rate_limited',
  'unavailable',
  'invitation_over',
]);

describe('the error catalogue', () => {
  it.each(Object.entries(CATALOGUE))(
    '%s speaks the clients’ language, or is known not to',
    (code, { error }) => {
      expect(KNOWN_TO_CLIENTS.has(error)).toBe(!OUR_OWN.has(code));
    },
  );
});
