import type { Claims, Limits } from './claims.ts';

/** `may`: what the key opens. `limit`: where that ends. */
export interface Sentence {
  readonly kind: 'may' | 'limit';
  readonly text: string;
}

type Described = Pick<Claims, 'aud' | 'client_ref' | 'region' | 'env' | 'lim'> & {
  readonly ttlSeconds: number;
};

/** What a temporary key allows, in words. */
export function sentencesOf(key: Described): Sentence[] {
  const { aud, ttlSeconds, region, env, lim = {} } = key;
  const may: Sentence = { kind: 'may', text: aud === 'batch' ? batch(key) : realTime(key) };
  const limits = [
    aud === 'batch'
      ? `It is accepted for ${duration(ttlSeconds)}. An upload that has begun by then is completed.`
      : `It opens sessions for ${duration(ttlSeconds)}. A session that has begun by then goes on.`,
    placeOf(region, env),
    ...amounts(aud, lim),
    ...origins(lim),
    ...Object.entries(lim.lock ?? {}).map(
      ([member, value]) => `${member} of the transcription config is always ${String(value)}.`,
    ),
  ];
  return [
    may,
    ...limits.filter((text) => text !== undefined).map((text) => ({ kind: 'limit', text }) as const),
  ];
}

function batch({ client_ref }: Described): string {
  if (client_ref === undefined) return 'Creates jobs, and reads and deletes every job of the project.';
  return `Creates jobs of the end user “${client_ref}”, and reads and deletes the jobs of that user alone.`;
}

function realTime({ client_ref, lim }: Described): string {
  const user = client_ref ?? lim?.client_ref;
  return user === undefined
    ? 'Opens real-time sessions.'
    : `Opens real-time sessions of the end user “${user}”.`;
}

function placeOf(region: string | undefined, env: string | undefined): string | undefined {
  if (env !== undefined) return `It works in the environment ${env} alone.`;
  return region === undefined ? undefined : `It works in the region ${region}.`;
}

function amounts(aud: Claims['aud'], limits: Limits): (string | undefined)[] {
  const { max_sessions, max_concurrent, max_session_seconds, audio_seconds } = limits;
  const [verb, one, many] = aud === 'batch' ? ['creates', 'job', 'jobs'] : ['opens', 'session', 'sessions'];
  const count = (number: number) => `${numbers.format(number)} ${number === 1 ? one : many}`;
  return [
    max_sessions === undefined ? undefined : `It ${verb} at most ${count(max_sessions)}.`,
    max_concurrent === undefined
      ? undefined
      : `It has at most ${count(max_concurrent)} ${aud === 'batch' ? 'unfinished' : 'open'} at a time.`,
    max_session_seconds === undefined
      ? undefined
      : `A ${one} has at most ${duration(max_session_seconds)} of audio.`,
    audio_seconds === undefined
      ? undefined
      : `All ${many} together have at most ${duration(audio_seconds)} of audio.`,
  ];
}

function origins({ origins: pages, cidrs }: Limits): (string | undefined)[] {
  return [
    pages === undefined ? undefined : `In browsers it works on pages of ${listed(pages)} alone.`,
    cidrs === undefined ? undefined : `It works from ${listed(cidrs)} alone.`,
  ];
}

const numbers = new Intl.NumberFormat('en');
const list = new Intl.ListFormat('en', { type: 'conjunction' });
const listed = (texts: readonly string[]): string => list.format(texts);

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const;

/** "1 hour and 30 minutes". */
export function duration(seconds: number): string {
  let rest = Math.max(0, Math.trunc(seconds));
  if (rest === 0) return '0 seconds';
  const parts: string[] = [];
  for (const [length, unit] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return listed(parts);
}

/** Whether whoever holds the key reaches the data of all end users. */
export const reachesEveryone = ({ aud, client_ref }: Pick<Claims, 'aud' | 'client_ref'>): boolean =>
  aud === 'batch' && client_ref === undefined;
