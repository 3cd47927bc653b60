import type { BlockList } from 'node:net';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { addressList, isListed } from '../../base/address-list.ts';
import { isAddressOrRange } from '../../base/option.ts';
import { AppError } from '../../errors/app-error.ts';

const atMost = (maximum: number, description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description }));

const upTo20 = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 255 }), { minItems: 1, maxItems: 20, description }));

const FixedValue = Type.Union([Type.String({ maxLength: 255 }), Type.Number(), Type.Boolean()]);

/** Limits inside a temporary key: the claim `lim`, and what the minter asks for. */
export const LimitsSchema = Type.Object(
  {
    max_sessions: atMost(1_000_000, 'Jobs the key may create, or sessions it may open, in all.'),
    max_concurrent: atMost(10_000, 'Unfinished jobs, or open sessions, at a time.'),
    max_session_seconds: atMost(86_400, 'Longest audio of one job or session.'),
    audio_seconds: atMost(31_536_000, 'Audio of all jobs or sessions together.'),
    origins: upTo20('Web origins whose pages may use the key, as browsers send them.'),
    cidrs: upTo20('Addresses and CIDR ranges from which the key may be used.'),
    lock: Type.Optional(
      Type.Record(Type.String({ pattern: '^[a-z][a-z_]{0,63}$' }), FixedValue, {
        additionalProperties: false,
        maxProperties: 20,
        description: 'Members of transcription_config with the only value each may have.',
      }),
    ),
    client_ref: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: 'The end user of real-time sessions.' }),
    ),
  },
  { additionalProperties: false },
);

export type LimitsClaim = Static<typeof LimitsSchema>;
export type FixedMembers = Readonly<Record<string, string | number | boolean>>;

/** What a temporary key may do at most. Absent: no limit. */
export interface TokenLimits {
  /** The only environment that admits the key; always there when something is counted. */
  readonly environment?: string;
  readonly maxSessions?: number;
  readonly maxConcurrent?: number;
  readonly maxSessionSeconds?: number;
  readonly audioSeconds?: number;
  readonly origins?: readonly string[];
  readonly cidrs?: BlockList;
  /** Members of `transcription_config` that cannot be chosen. */
  readonly lock?: FixedMembers;
}

const validator = Compile(LimitsSchema);

/** Whether a claim holds only limits this version knows: one it does not know must not be passed over. */
export const isLimitsClaim = (value: unknown): value is LimitsClaim =>
  validator.Check(value) && faultOfLimits(value) === undefined;

/** What the schema cannot say, as the message of a 422; `undefined` when all is well. */
export function faultOfLimits({ origins = [], cidrs = [] }: LimitsClaim): string | undefined {
  const origin = origins.findIndex((one) => !isWebOrigin(one));
  if (origin >= 0)
    return `limits.origins.${origin} in body should be a web origin such as https://example.org`;
  const range = cidrs.findIndex((one) => one.includes('%') || !isAddressOrRange(one));
  return range < 0 ? undefined : `limits.cidrs.${range} in body should be an address or a CIDR range`;
}

/** In the one spelling that browsers send (RFC 6454 section 6.2): lower case, no default port, no path. */
const isWebOrigin = (text: string): boolean =>
  /^https?:\/\/[a-z0-9._:[\]-]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** Limits whose use is added up, in the database of one environment. */
export const isCounting = (limits: LimitsClaim): boolean =>
  limits.max_sessions !== undefined ||
  limits.max_concurrent !== undefined ||
  limits.audio_seconds !== undefined;

/** The limits of verified claims. */
export function limitsOfClaims(lim: LimitsClaim = {}, environment?: string): TokenLimits {
  return {
    ...(environment !== undefined && { environment }),
    ...(lim.max_sessions !== undefined && { maxSessions: lim.max_sessions }),
    ...(lim.max_concurrent !== undefined && { maxConcurrent: lim.max_concurrent }),
    ...(lim.max_session_seconds !== undefined && { maxSessionSeconds: lim.max_session_seconds }),
    ...(lim.audio_seconds !== undefined && { audioSeconds: lim.audio_seconds }),
    ...(lim.origins && { origins: lim.origins }),
    ...(lim.cidrs && { cidrs: addressList(lim.cidrs) }),
    ...(lim.lock && { lock: lim.lock }),
  };
}

/** Where a request comes from and what it reaches. */
export interface RequestOrigin {
  /** The `Origin` header as it was sent. */
  readonly origin: string | undefined;
  /** The caller's IP address; an IPv4 address may be written as an IPv6 one. */
  readonly address: string;
  readonly environment: string;
}

/** Throws `forbidden` for a request that the key's limits do not admit. What would be admitted is not said. */
export function admitRequest(limits: TokenLimits, { origin, address, environment }: RequestOrigin): void {
  if (limits.environment !== undefined && limits.environment !== environment) {
    throw outsideLimit('environment', 'this key is for another environment');
  }
  if (limits.origins && (origin === undefined || !limits.origins.includes(origin))) {
    throw outsideLimit('origins', 'this key is not for use from here');
  }
  if (limits.cidrs && !isListed(limits.cidrs, address)) {
    throw outsideLimit('cidrs', 'this key is not for use from this address');
  }
}

/** The refusal of a genuine key by one of its limits, named as in the minting request. */
export const outsideLimit = (limit: keyof LimitsClaim | 'environment', reason: string): AppError =>
  new AppError('forbidden', { reason: 'outside_limits', detail: `limits.${limit}: ${reason}` });

/** The old and the new name of one member: who fixes one has fixed the other. */
const OTHER_NAME: Readonly<Record<string, string>> = { model: 'operating_point', operating_point: 'model' };

/**
 * A section of a config with the members that are locked: absent ones get their only value. Throws `forbidden` for
 * another value.
 */
export function withLocked<T extends object>(section: string, sent: T, lock: FixedMembers): T {
  for (const [member, value] of Object.entries(lock)) {
    for (const name of [member, OTHER_NAME[member] ?? member]) {
      if (Object.hasOwn(sent, name) && sent[name as keyof T] !== value) {
        throw outsideLimit('lock', `this key does not let ${section}.${name} be chosen`);
      }
    }
  }
  return { ...sent, ...lock };
}
