import { Type } from 'typebox';
import { AppError } from '../errors/app-error.ts';

/** No control characters, and no half of a surrogate pair: PostgreSQL would store all halves as one character. */
const PRINTABLE = '^(?:[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])+$';

/** Text that people and other programs chose: 1 to `maxLength` characters that can be stored and shown. */
export const printable = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: PRINTABLE, description });

/**
 * How an end user is named; the same in a temporary key, an API key and a path. `.` and `..` are none: no client can
 * write them into a path.
 */
export const clientRef = (description: string) =>
  Type.String({ minLength: 1, maxLength: 256, pattern: `^(?!\\.\\.?$)${PRINTABLE.slice(1)}`, description });

/** An id of ours that was sent in a path; text that cannot be one is answered like an id nobody has. */
export function knownId(
  prefix: 'ws' | 'key' | 'tok' | 'sk' | 'acc' | 'inv',
  id: string,
  what: string,
): string {
  if (!new RegExp(`^${prefix}_[a-z0-9]+$`).test(id))
    throw new AppError('not_found', { detail: `${what} not found` });
  return id;
}
