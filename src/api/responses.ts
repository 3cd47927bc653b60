import { type TSchema, Type } from 'typebox';
import { CATALOGUE, type ErrorCode } from '../errors/catalogue.ts';
import { STATUS } from '../http/reply-error.ts';
import type { Access, PortalAccess } from './guards/access.ts';

export const isoMilliseconds = Type.String({
  format: 'date-time',
  description: 'RFC 3339, UTC, milliseconds.',
});

/** What a route can answer, by status. */
type Answers = Readonly<Record<string, TSchema | { readonly content: object }>>;

/** The error shape, with the values that `error` has. */
const errorSchema = (error: TSchema, description: string) =>
  Type.Object({ code: Type.Integer(), error, detail: Type.Optional(Type.String()) }, { description });

const ANY_REQUEST = errorSchema(
  Type.String(),
  'What every request may meet: 400 and 431 before it is read, 500, 503. `code` is the status, or the number of the failed rule on management paths; `docs/errors.md` lists the values of `error`.',
);

/** The answers of a route for its documentation: its own, and the errors that are its own too. */
export const answers = (own: Answers, ...errors: ErrorCode[]): Answers =>
  withErrors({ ...own, default: ANY_REQUEST }, errors);

/** A body that comes in several types, for the documentation: type and schema. */
export const content = (description: string, types: Readonly<Record<string, TSchema>>) => ({
  description,
  content: Object.fromEntries(Object.entries(types).map(([type, schema]) => [type, { schema }])),
});

interface Described {
  readonly method: string;
  readonly access: Access | PortalAccess;
  readonly schema: { readonly response?: unknown; readonly querystring?: unknown; readonly body?: unknown };
}

/** The answers of a route with those that come before its handler: from the guards, the parsers and the validation. */
export function allAnswers({ method, access, schema }: Described): Answers {
  const isOpen = access === 'public' || access === 'visitor' || access === 'provider';
  return withErrors(schema.response as Answers, [
    ...(isOpen ? [] : (['unauthenticated', 'rate_limited'] as const)),
    // Whoever is not the operator is nobody there.
    ...(isOpen || access === 'operator:manage' ? [] : (['forbidden'] as const)),
    ...(method === 'GET' ? [] : (['malformed_request', 'too_large'] as const)),
    ...(schema.querystring || schema.body ? (['unprocessable'] as const) : []),
  ]);
}

function withErrors(described: Answers, errors: readonly ErrorCode[]): Answers {
  const all: Record<string, Answers[string]> = { ...described };
  for (const code of errors) {
    const { category, error } = CATALOGUE[code];
    const status = STATUS[category];
    const names = [...new Set([...errorNames(all[status]), error])];
    all[status] = errorSchema(Type.Enum(names), names.join(', '));
  }
  return all;
}

const errorNames = (schema: unknown): string[] =>
  (schema as { properties?: { error?: { enum?: string[] } } } | undefined)?.properties?.error?.enum ?? [];
