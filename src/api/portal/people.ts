import { Type } from 'typebox';
import { PASSWORD_LENGTH } from '../../identity/accounts/rules.ts';
import { printable } from '../text.ts';

export const Done = Type.Object({ status: Type.Literal('OK') });
export const DONE = { status: 'OK' } as const;
export const RoleSchema = Type.Enum(['admin', 'member']);

export const email = Type.String({
  minLength: 3,
  maxLength: 254,
  // Printable ASCII, as accounts take it: anything else would be an invitation for nobody.
  pattern: '^[!-?A-~]+@[!-?A-~]+$',
  description: 'An email address; nothing is sent to it.',
});
export const personName = printable(120, 'How others in the workspace see the person.');
export const newPassword = Type.String({
  minLength: PASSWORD_LENGTH.min,
  maxLength: PASSWORD_LENGTH.max,
  description: `${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters.`,
});
/** Of an account that exists, whatever rules it was made under. */
export const password = Type.String({ minLength: 1, maxLength: 1_000 });
export const invitation = Type.String({
  maxLength: 100,
  pattern: '^[0-9A-Za-z]*$',
  description: 'The secret of an invitation link.',
});
