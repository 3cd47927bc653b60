const DAY_MILLISECONDS = 86_400_000;

export type Expiry = 'never' | '30' | '90' | '365' | 'same' | 'date';

export const EXPIRY_OPTIONS: readonly { readonly value: Expiry; readonly label: string }[] = [
  { value: 'never', label: 'Never' },
  { value: '30', label: 'In 30 days' },
  { value: '90', label: 'In 90 days' },
  { value: '365', label: 'In a year' },
  { value: 'date', label: 'On a day of your choice' },
];

export interface ExpiryValues {
  readonly expiry: Expiry;
  /** What the field of a day and time holds: `2027-03-01T12:00`, in the time of this place. */
  readonly expires_at: string;
}

/** What is wrong with the chosen time, or undefined. */
export function expiryError({ expiry, expires_at }: ExpiryValues, now: number): string | undefined {
  if (expiry !== 'date') return undefined;
  const instant = new Date(expires_at).getTime();
  if (Number.isNaN(instant)) return 'Enter a day and a time.';
  if (instant <= now) return 'Enter a time in the future.';
  return new Date(instant).getUTCFullYear() > 9999 ? 'Enter a year up to 9999.' : undefined;
}

/** The end of a key as the server takes it; undefined for the server's default. */
export function expiresAt({ expiry, expires_at }: ExpiryValues, now: number): string | undefined {
  if (expiry === 'never' || expiry === 'same') return undefined;
  const instant =
    expiry === 'date' ? new Date(expires_at) : new Date(now + Number(expiry) * DAY_MILLISECONDS);
  return instant.toISOString();
}

export type KeyState = 'usable' | 'ending' | 'ended';

const SOON_DAYS = 7;

/** Whether a key still works, and whether it will for more than some days. */
export function stateOf({ expires_at }: { readonly expires_at?: string }, now: number): KeyState {
  if (expires_at === undefined) return 'usable';
  const left = new Date(expires_at).getTime() - now;
  if (left <= 0) return 'ended';
  return left < SOON_DAYS * DAY_MILLISECONDS ? 'ending' : 'usable';
}
