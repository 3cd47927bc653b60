/**
 * Every error Parley reports on purpose. A category decides the HTTP status and the process exit
 * code; `error` is the wire string official clients compare byte for byte (batch-client keeps a
 * closed list, so a new string is a breaking change); `meaning` is the sentence of `docs/errors.md`.
 */
export type Category =
  | 'bad_request'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'gone'
  | 'too_large'
  | 'headers_too_large'
  | 'unprocessable'
  | 'locked'
  | 'rate_limited'
  | 'internal'
  | 'unavailable';

interface Entry {
  readonly category: Category;
  readonly error: string;
  readonly meaning: string;
}

const entry = (category: Category, error: string, meaning: string): Entry => ({ category, error, meaning });

export const CATALOGUE = {
  unauthenticated: entry(
    'unauthenticated',
    'Permission Denied',
    'No credential, or one that is unknown, malformed, revoked or expired; the body never says which.',
  ),
  forbidden: entry(
    'forbidden',
    'Forbidden',
    'The credential is genuine, but may not do this; `detail` says why.',
  ),
  job_not_found: entry('not_found', 'Job not found', 'No such job, or none this caller may see.'),
  not_found: entry('not_found', 'Not Found', 'No such path.'),
  method_not_allowed: entry(
    'method_not_allowed',
    'Method Not Allowed',
    'The path exists, but not for this method.',
  ),
  conflict: entry(
    'conflict',
    'Conflict',
    'What is to be made is there already, or what is to go is the last of its kind; `detail` says which.',
  ),
  transcript_not_ready: entry('not_found', 'Transcription not ready', 'The job is still running.'),
  transcript_of_rejected_job: entry(
    'not_found',
    'Job rejected',
    'The job was rejected, so it has no transcript.',
  ),
  not_a_transcription: entry(
    'not_found',
    'Job is not of type transcription',
    'An alignment job has no transcript.',
  ),
  not_an_alignment: entry(
    'not_found',
    'Job is not of type alignment',
    'A transcription job has no text and no alignment.',
  ),
  log_not_available: entry(
    'not_found',
    'Log file not available',
    'The job has not been run yet, so there is no log.',
  ),
  invitation_over: entry('gone', 'Gone', 'The invitation was used or revoked, or its time is over.'),
  file_expired: entry('gone', 'File Expired', 'The file was deleted from the storage.'),
  resource_locked: entry(
    'locked',
    'Resource Locked',
    'The job is running; delete it with `force=true` or wait until it has ended.',
  ),
  malformed_request: entry(
    'bad_request',
    'Malformed request',
    'The request cannot be read as this endpoint expects.',
  ),
  job_rejected: entry(
    'bad_request',
    'Job rejected',
    'The job config cannot be accepted; `detail` names the reason.',
  ),
  invalid_audio: entry(
    'bad_request',
    'Job rejected due to invalid audio',
    'The uploaded file is not audio that can be decoded; `detail` names the reason.',
  ),
  missing_data_file: entry('bad_request', 'Missing data_file', 'The form has no `data_file` part.'),
  missing_text_file: entry(
    'bad_request',
    'Missing text_file',
    'The form of an alignment job has no `text_file` part.',
  ),
  invalid_text: entry(
    'bad_request',
    'Job rejected due to invalid text',
    'The text to be aligned is not UTF-8, or has no words or too many; `detail` names the reason.',
  ),
  no_language: entry('bad_request', 'No language selected', '`transcription_config.language` is missing.'),
  product_not_available: entry(
    'bad_request',
    'Requested product not available',
    'No installed engine offers this language or feature; `detail` names it.',
  ),
  unprocessable: entry(
    'unprocessable',
    'Unprocessable Entity',
    'A parameter has a value outside its documented bounds.',
  ),
  too_large: entry(
    'too_large',
    'Bad Request',
    'The request body or one of its parts is larger than allowed.',
  ),
  headers_too_large: entry('headers_too_large', 'Bad Request', 'The request head is larger than allowed.'),
  rate_limited: entry(
    'rate_limited',
    'Rate Limited',
    'Too many requests with this credential; see `Retry-After`.',
  ),
  too_many_jobs: entry(
    'rate_limited',
    'Max concurrent running jobs exceeded',
    'The workspace has too many unfinished jobs.',
  ),
  unavailable: entry(
    'unavailable',
    'Service Unavailable',
    'The server is starting or stopping, or something that it needs is away, as `/health/ready` says; try again.',
  ),
  internal: entry(
    'internal',
    'Internal Server Error',
    'A fault of the server; the log has it under the request id.',
  ),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof CATALOGUE;
