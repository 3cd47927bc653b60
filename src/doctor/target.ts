import type { Operation } from './operations.ts';
import type { Answer } from './wire/answer.ts';
import type { Client } from './wire/client.ts';
import type { Trap } from './wire/trap.ts';

/** What went wrong, a sentence each; empty when all was as expected. */
export type Verdict = readonly string[];

/** What the operator hands over. Only the API key is required. */
export interface Credentials {
  readonly apiKey: string;
  readonly managementToken?: string;
  readonly operatorToken?: string;
  /** An API key of another project; made with the management token when it is absent. */
  readonly otherProjectKey?: string;
}

/** End users of the project, each with a temporary key and a job; `nobody` is a key and a job without `client_ref`. */
export const END_USERS = {
  user123: 'USER123',
  user456: 'USER456',
  accented: 'Zo\u00eb',
  nobody: undefined,
} as const;
export type EndUser = keyof typeof END_USERS;

/** Temporary keys that are for use from somewhere only. */
export interface LimitedKeys {
  /** From 203.0.113.7 only, where nobody is (RFC 5737). */
  readonly elsewhere: string;
  readonly anywhere: string;
  /** With `Origin: https://app.example` only. */
  readonly origin: string;
  /** The same, for real time. */
  readonly realtimeOrigin: string;
}

/** A server with everything the cases need, prepared once. */
export interface Target extends Client, Credentials {
  readonly keys: Readonly<Record<EndUser | 'rt', string>>;
  readonly jobs: Readonly<Record<EndUser, string>>;
  readonly limitedKeys?: LimitedKeys;
  /** A good key becomes a WebSocket. */
  readonly realtime?: true;
  /** The public key that temporary keys are verified with, as JWK. */
  readonly jwk: Readonly<Record<string, string>>;
  /** The answer to a request without credential. */
  readonly refusal: Answer;
  readonly operations: readonly Operation[];
  readonly trap: Trap;
  /** Cases that share a twin share its verdict, until it is older than `maxAgeMs`; without, for good. */
  shared(name: string, twin: () => Promise<Verdict>, maxAgeMs?: number): Promise<Verdict>;
  /** Submits, and has the job deleted in the end at the latest. */
  submit(key: string, ...parts: readonly Uint8Array[]): Promise<Answer>;
  /** Removes what was made. Resolves to what could not be removed. */
  close(): Promise<Verdict>;
}
