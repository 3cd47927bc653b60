import type { ErrorType } from '@speechmatics/real-time-client-react';

interface Sentence {
  readonly title: string;
  /** What to do about it. */
  readonly advice: string;
}

const FAULTS = {
  page_not_secure: {
    title: 'The browser does not let this page use a microphone',
    advice:
      'Browsers allow that over https, and on localhost. Open Parley at an address that begins with https://, or play a file instead.',
  },
  no_audio_worklet: {
    title: 'This browser is too old to listen',
    advice: 'Update it, or use another one. You can also play a file.',
  },
  microphone_blocked: {
    title: 'The microphone is blocked',
    advice: 'Allow it for this page with the icon beside the address, then start again.',
  },
  microphone_blocked_by_system: {
    title: 'Your computer does not let the browser use the microphone',
    advice: 'Allow it in the privacy settings of the system, then start again.',
  },
  microphone_absent: {
    title: 'No microphone was found',
    advice: 'Connect one, then start again. You can also play a file.',
  },
  microphone_gone: {
    title: 'The chosen microphone is not there any more',
    advice: 'Choose another one, then start again.',
  },
  microphone_busy: {
    title: 'The microphone cannot be opened',
    advice: 'Another program may be using it. Close that program, then start again.',
  },
  microphone_lost: {
    title: 'The microphone stopped sending sound',
    advice: 'It may have been unplugged. Check it, or choose another one, then start again.',
  },
  worklet_not_loaded: {
    title: 'A part of this page could not be loaded',
    advice: 'Check your connection, reload the page and start again.',
  },
  sound_not_started: {
    title: 'The browser did not start its sound system',
    advice: 'Press Start again. If that does not help, reload the page.',
  },
  file_not_readable: {
    title: 'The browser cannot read this file',
    advice: 'Choose a wav, mp3, m4a, flac, ogg or webm file. The Jobs page reads more formats.',
  },
  file_too_large: {
    title: 'This file is too large to play here',
    advice: 'Choose one of at most 100 MB, or upload it on the Jobs page.',
  },
  file_not_playing: {
    title: 'The browser did not play the file',
    advice: 'Allow this page to play sound, then start again.',
  },
  no_connection: {
    title: 'The server took no connection',
    advice:
      'The rest of the portal reaches it, so a proxy between you and it may not pass WebSockets. Ask the operator.',
  },
  connection_lost: {
    title: 'The connection was lost',
    advice: 'Start again when the server is back.',
  },
  no_answer: {
    title: 'The server did not answer in time',
    advice: 'Try again in a moment.',
  },
  quota_exceeded: {
    title: 'All sessions are in use',
    advice: 'Stop another session, or try again in a few seconds.',
  },
  timelimit_exceeded: {
    title: 'The audio hours of this month are used up',
    advice: 'The Usage page shows the limit. Ask the operator to raise it.',
  },
  not_authorised: {
    title: 'Your access has ended',
    advice: 'The key of this session was revoked. Sign in again if you are asked to, then start again.',
  },
  not_allowed: {
    title: 'This session is not allowed',
    advice: 'Change the options, or ask an admin of the workspace.',
  },
  invalid_language: {
    title: 'The server does not offer this language any more',
    advice: 'Reload the page and choose another one.',
  },
  job_error: {
    title: 'The server could not go on',
    advice: 'Try again in a moment.',
  },
  idle_timeout: {
    title: 'The session ended because nothing was sent for too long',
    advice: 'Start again to go on.',
  },
  session_timeout: {
    title: 'The session reached its longest time',
    advice: 'Start again to go on.',
  },
  unknown: {
    title: 'The session ended unexpectedly',
    advice: 'Start again to go on.',
  },
} satisfies Record<string, Sentence>;

export type FaultCode = keyof typeof FAULTS;

interface FaultOptions extends ErrorOptions {
  /** What the server said, where it says more than the code. */
  readonly detail?: string;
}

/** Why there is no session, or no more of it, in words for the person who wanted one. */
export class LiveFault extends Error {
  override readonly name = 'LiveFault';
  readonly code: FaultCode;
  readonly title: string;
  readonly advice: string;
  readonly detail: string | undefined;

  constructor(code: FaultCode, { detail, ...options }: FaultOptions = {}) {
    super(FAULTS[code].title, options);
    this.code = code;
    this.title = FAULTS[code].title;
    this.advice = FAULTS[code].advice;
    this.detail = detail;
  }
}

/** Errors whose reason names a member of the config or a limit, which the code does not. */
const TELLING: readonly string[] = ['not_allowed', 'job_error', 'unknown'];

/** The fault that a message `Error` of the real-time API tells of. */
export function serverFault({
  type,
  reason,
}: Pick<ErrorType, 'reason'> & { readonly type: string }): LiveFault {
  const code = codeOf(type);
  return new LiveFault(code, TELLING.includes(code) ? { detail: reason } : {});
}

function codeOf(type: string): FaultCode {
  if (type === 'invalid_model') return 'invalid_language';
  return Object.hasOwn(FAULTS, type) ? (type as FaultCode) : 'unknown';
}

const MICROPHONE_FAULTS: Readonly<Record<string, FaultCode>> = {
  NotAllowedError: 'microphone_blocked',
  SecurityError: 'microphone_blocked',
  NotFoundError: 'microphone_absent',
  OverconstrainedError: 'microphone_gone',
  NotReadableError: 'microphone_busy',
  AbortError: 'microphone_busy',
  AudioModuleRegistrationError: 'worklet_not_loaded',
  AudioContextResumeError: 'sound_not_started',
};

/** The fault behind what the browser, or the recorder, says of the microphone. */
export function microphoneFault(cause: unknown): LiveFault {
  const { name = '', message = '' } = cause instanceof Error ? cause : {};
  if (name === 'NotAllowedError' && /system/i.test(message)) {
    return new LiveFault('microphone_blocked_by_system', { cause });
  }
  return new LiveFault(MICROPHONE_FAULTS[name] ?? 'microphone_busy', { cause });
}
