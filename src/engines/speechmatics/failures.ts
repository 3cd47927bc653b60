import { EngineError } from '../engine.ts';

/** What is wrong with the request or the installation, and will be at the next attempt (Speechmatics real-time API, "Errors"). */
const LASTING = /^(invalid_\w+|not_authorised|not_allowed|protocol_error|timelimit_exceeded)$/;
/** The reason beside it may hold what somebody said; the type is a word of the protocol. */
const TYPE = /^[a-z_]{1,40}$/;

/** An Error message of the upstream. */
export function errorOfType(type: string): EngineError {
  const name = TYPE.test(type) ? type : 'an error of an unknown type';
  return new EngineError(`the upstream says ${name}`, { retryable: !LASTING.test(type) });
}

/** The upstream answered the handshake with another status than 101. */
export function refusedWith(status: number): EngineError {
  const isLasting = status < 500 && status !== 408 && status !== 429;
  return new EngineError(`the upstream refuses the connection with HTTP status ${status}`, {
    retryable: !isLasting,
  });
}

/** @param error of the socket; its message may name what was sent, its code does not */
export function connectionFailed({ code }: NodeJS.ErrnoException): EngineError {
  return new EngineError(`the connection to the upstream failed (${code ?? 'no code'})`, { retryable: true });
}

/** The connection was closed before everything was said. */
export function closedEarly(code: number): EngineError {
  return new EngineError(`the upstream closed the connection early (code ${code})`, { retryable: true });
}

export const endedEarly = (): EngineError =>
  new EngineError('the upstream ended the session before the audio did', { retryable: true });

export const notStarted = (): EngineError =>
  new EngineError('the upstream did not start a session in time', { retryable: true });

export const silent = (): EngineError =>
  new EngineError('the upstream no longer answers', { retryable: true });

/** @param message name of what cannot be read */
export const unreadable = (message: string): EngineError =>
  new EngineError(`the upstream sent a message that cannot be read (${message})`, { retryable: false });
