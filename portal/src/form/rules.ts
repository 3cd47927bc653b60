/** What is wrong with a required text, or undefined. `what` goes into the sentence: "a name". */
export function textError(value: string, what: string, maximum: number): string | undefined {
  const text = value.trim();
  if (text === '') return `Enter ${what}.`;
  if (/\p{Cc}/u.test(text)) return 'Leave out tabs and other control characters.';
  return lengthError(text, maximum);
}

/** What is wrong with a text that may be empty, or undefined. */
export function lengthError(value: string, maximum: number): string | undefined {
  if (value.length <= maximum) return undefined;
  return `Use at most ${maximum} characters; this has ${value.length}.`;
}

/** What is wrong with a whole number within bounds, typed as text. */
export function numberError(value: string, minimum: number, maximum: number): string | undefined {
  const number = Number(value);
  if (value.trim() !== '' && Number.isInteger(number) && number >= minimum && number <= maximum)
    return undefined;
  return `Enter a whole number from ${minimum} to ${maximum}.`;
}

/** Only the fields that are wrong. */
export function errorsOf<Name extends string>(
  checks: Record<Name, string | undefined>,
): Partial<Record<Name, string>> {
  const wrong = Object.entries<string | undefined>(checks).filter(([, error]) => error !== undefined);
  return Object.fromEntries(wrong) as Partial<Record<Name, string>>;
}
