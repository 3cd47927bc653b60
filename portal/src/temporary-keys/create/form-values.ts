import type { Problem } from '../../api/problem.ts';
import { errorsOf, lengthError, numberError } from '../../form/rules.ts';
import type { Product } from '../../samples/endpoints.ts';
import type { Fixed, Limits } from '../claims.ts';

export interface Values {
  readonly product: Product;
  readonly ttl: string;
  readonly client_ref: string;
  /** Empty: the default of the server. */
  readonly region: string;
  readonly environment: string;
  readonly max_sessions: string;
  readonly max_concurrent: string;
  readonly max_session_seconds: string;
  readonly audio_seconds: string;
  /** One a line. */
  readonly origins: string;
  readonly cidrs: string;
  /** `name = value`, one a line. */
  readonly lock: string;
}

const BLANK: Values = {
  product: 'batch',
  ttl: '60',
  client_ref: '',
  region: '',
  environment: '',
  max_sessions: '',
  max_concurrent: '',
  max_session_seconds: '',
  audio_seconds: '',
  origins: '',
  cidrs: '',
  lock: '',
};

export type Preset = 'dictation' | 'upload' | 'kiosk';

/** Each narrows a key to what its use needs. */
export const PRESETS: Readonly<Record<Preset, Values>> = {
  dictation: { ...BLANK, product: 'rt', max_concurrent: '1', max_session_seconds: '3600' },
  upload: { ...BLANK, ttl: '600', client_ref: 'USER123', max_sessions: '5', max_session_seconds: '3600' },
  kiosk: {
    ...BLANK,
    product: 'rt',
    ttl: '3600',
    max_concurrent: '1',
    max_session_seconds: '28800',
    lock: 'language = en',
  },
};

/** The body of the request that makes the key. Of what is half-typed, only what can be read. */
export function requestOf(values: Values) {
  const { product, client_ref } = values;
  const limits = { ...limitsOf(values), ...(values.environment && { environment: values.environment }) };
  return {
    ttl: wholeNumber(values.ttl) ?? 0,
    ...(product === 'batch' && client_ref !== '' && { client_ref }),
    ...(values.region && { region: values.region as Region }),
    ...(Object.keys(limits).length > 0 && { limits }),
  };
}

/** Regions of other topologies are known to the server that offers them. */
type Region = 'eu' | 'usa' | 'au';

function limitsOf(values: Values): Limits {
  const lock = Object.fromEntries(lines(values.lock).flatMap((line) => fixedMember(line) ?? []));
  const [origins, cidrs] = [lines(values.origins), lines(values.cidrs)];
  return {
    ...number('max_sessions', values),
    ...number('max_concurrent', values),
    ...number('max_session_seconds', values),
    ...number('audio_seconds', values),
    ...(origins.length > 0 && { origins }),
    ...(cidrs.length > 0 && { cidrs }),
    ...(Object.keys(lock).length > 0 && { lock }),
    ...(values.product === 'rt' && values.client_ref !== '' && { client_ref: values.client_ref }),
  };
}

const MAXIMA = {
  max_sessions: 1_000_000,
  max_concurrent: 10_000,
  max_session_seconds: 86_400,
  audio_seconds: 31_536_000,
} as const;

type Amount = keyof typeof MAXIMA;

function number(name: Amount, values: Values): Partial<Record<Amount, number>> {
  const value = wholeNumber(values[name]);
  return value === undefined ? {} : { [name]: value };
}

function wholeNumber(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

type FixedMember = readonly [name: string, value: Fixed];

/** A line of the field for fixed members, or undefined where it cannot be read. */
function fixedMember(line: string): [FixedMember] | undefined {
  const [, name, text] = /^([a-z][a-z_]{0,63})\s*[=:]\s*(\S.*)$/.exec(line) ?? [];
  if (name === undefined || text === undefined) return undefined;
  if (text === 'true' || text === 'false') return [[name, text === 'true']];
  return [[name, /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text]];
}

/** The longest that any server allows; where one allows less, it says so. */
const LONGEST_TTL_SECONDS = 86_400;
const MOST_LINES = 20;

export function errorsIn(values: Values): Partial<Record<keyof Values, string>> {
  const amount = (name: Amount) =>
    values[name].trim() === '' ? undefined : numberError(values[name], 1, MAXIMA[name]);
  return errorsOf({
    ttl: numberError(values.ttl, 60, LONGEST_TTL_SECONDS),
    client_ref: lengthError(values.client_ref, 256),
    max_sessions: amount('max_sessions'),
    max_concurrent: amount('max_concurrent'),
    max_session_seconds: amount('max_session_seconds'),
    audio_seconds: amount('audio_seconds'),
    origins: linesError(values.origins, isOrigin, 'is no origin. Write it like https://app.example.org.'),
    cidrs: linesError(values.cidrs, isRange, 'is no address or range. Write it like 192.0.2.0/24.'),
    lock: linesError(
      values.lock,
      (line) => fixedMember(line) !== undefined,
      'cannot be read. Write it like language = en.',
    ),
  });
}

function linesError(text: string, isRight: (line: string) => boolean, complaint: string): string | undefined {
  const all = lines(text);
  const wrong = all.find((line) => !isRight(line));
  if (wrong !== undefined) return `“${wrong}” ${complaint}`;
  return all.length > MOST_LINES ? `Use at most ${MOST_LINES} lines.` : undefined;
}

/** In the spelling that browsers send: no path, no default port. */
const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** The shape alone: the server knows the rest. */
const isRange = (text: string): boolean => /^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(text) && /[.:]/.test(text);

const NAMED_LIMIT = /^limits\.(\w+)(?:\.\w+)? in body (.+)$/;

/** The field of the form that the server complains about. */
export function fieldOf(problem: Problem): Partial<Record<keyof Values, string>> | undefined {
  const [, name = '', rule] = NAMED_LIMIT.exec(problem.detail ?? '') ?? [];
  if (problem.status !== 422 || rule === undefined || !Object.hasOwn(BLANK, name)) return undefined;
  return { [name]: `This ${rule}.` };
}
