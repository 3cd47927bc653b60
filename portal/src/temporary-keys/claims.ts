import type { Product } from '../samples/endpoints.ts';

/** The only value that a member of the transcription config may have. */
export type Fixed = string | number | boolean;

/** What a temporary key may do at most, as it is asked for and as it is signed. */
export interface Limits {
  readonly max_sessions?: number;
  readonly max_concurrent?: number;
  readonly max_session_seconds?: number;
  readonly audio_seconds?: number;
  readonly origins?: string[];
  readonly cidrs?: string[];
  readonly lock?: Record<string, Fixed>;
  readonly client_ref?: string;
}

/** What a temporary key says about itself. Only the server can tell whether it is genuine. */
export interface Claims {
  readonly aud: Product;
  /** The project. */
  readonly sub?: string;
  /** The API key it was made with. */
  readonly akid?: string;
  readonly jti?: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
  readonly client_ref?: string;
  readonly region?: string;
  /** The environment it is bound to. */
  readonly env?: string;
  readonly lim?: Limits;
}

type Raw = Readonly<Record<string, unknown>>;

/** The claims of a payload, or undefined where it is not one of a temporary key of Parley. */
export function claimsOf(payload: unknown): Claims | undefined {
  if (!isRecord(payload)) return undefined;
  const { aud, iat, exp, lim } = payload;
  if ((aud !== 'batch' && aud !== 'rt') || !isSeconds(iat) || !isSeconds(exp)) return undefined;
  const text = (name: string) => (typeof payload[name] === 'string' ? { [name]: payload[name] } : {});
  return {
    aud,
    iat,
    exp,
    ...text('sub'),
    ...text('akid'),
    ...text('jti'),
    ...text('client_ref'),
    ...text('region'),
    ...text('env'),
    ...(isRecord(lim) ? { lim: limitsOf(lim) } : {}),
  };
}

function limitsOf(lim: Raw): Limits {
  const { lock } = lim;
  const members = Object.entries(lim).filter(([name, value]) =>
    name === 'client_ref' ? typeof value === 'string' : isSeconds(value) || isTexts(value),
  );
  const fixed = isRecord(lock)
    ? Object.entries(lock).filter((member): member is [string, Fixed] => isFixed(member[1]))
    : [];
  return { ...Object.fromEntries(members), ...(fixed.length > 0 && { lock: Object.fromEntries(fixed) }) };
}

const isRecord = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
const isFixed = (value: unknown): value is Fixed => ['string', 'number', 'boolean'].includes(typeof value);
