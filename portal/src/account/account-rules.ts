import { lengthError, textError } from '../form/rules.ts';

const EMAIL_MAX = 254;
const NAME_MAX = 120;
const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;

export function emailError(value: string): string | undefined {
  const email = value.trim();
  if (email === '') return 'Enter your email.';
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) return 'Enter an email such as name@example.com.';
  return lengthError(email, EMAIL_MAX);
}

export const nameError = (value: string): string | undefined => textError(value, 'your name', NAME_MAX);

export function newPasswordError(value: string): string | undefined {
  if (value === '') return 'Choose a password.';
  if (value.length < PASSWORD_MIN) return `Use at least ${PASSWORD_MIN} characters.`;
  return lengthError(value, PASSWORD_MAX);
}
