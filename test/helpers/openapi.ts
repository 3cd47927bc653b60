import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { type Address, type Answer, ask } from './api.ts';

interface Response {
  readonly content?: Readonly<Record<string, { readonly schema?: TSchema }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly required?: boolean;
  readonly schema: TSchema;
}

/** One entry of `/openapi.json`. */
export interface Operation {
  /** `GET /v2/jobs/{jobid}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly isPublic: boolean;
  readonly parameters: readonly Parameter[];
  /** Content type and schema of what it takes. */
  readonly body?: { readonly type: string; readonly schema: TSchema };
  readonly responses: Readonly<Record<string, Response>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

interface Described {
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: TSchema }>> };
  readonly responses: Readonly<Record<string, Response>>;
}

/** Every operation that a server describes; HEAD is left out, it is GET without the body. */
export async function describedOperations(server: Address): Promise<Operation[]> {
  const { paths } = (await ask(server, '/openapi.json')).json<Description & Record<string, unknown>>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'head')
      .map(([method, described]) => operationOf(method.toUpperCase(), path, described)),
  );
}

function operationOf(method: string, path: string, described: Described): Operation {
  const [body] = Object.entries(described.requestBody?.content ?? {});
  return {
    name: `${method} ${path}`,
    method,
    path,
    isPublic: (described.security ?? []).length === 0,
    parameters: described.parameters ?? [],
    ...(body && { body: { type: body[0], schema: body[1].schema } }),
    responses: described.responses,
  };
}

/** Statuses that `default` stands for: every request may meet them. */
const ANY_REQUEST = ['400', '431', '500', '503'];
const checks = new Map<TSchema, ReturnType<typeof Compile>>();

/** What an answer has that its description does not say; nothing, when they agree. */
export function deviations({ responses }: Operation, answer: Omit<Answer, 'json'>): string[] {
  const status = String(answer.status);
  const response = responses[status] ?? (ANY_REQUEST.includes(status) ? responses.default : undefined);
  if (!response) return [`status ${status} is not described: ${answer.text.slice(0, 200)}`];
  const requestId = answer.headers.get('request-id') ?? '';
  const faults = /^[0-9a-f]{32}$/.test(requestId) ? [] : ['it has no Request-Id'];
  if (answer.status === 204) return [...faults, ...(answer.text === '' ? [] : ['204 has a body'])];
  const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const described = response.content?.[type];
  if (!described) return [...faults, `${status} of type ${type} is not described`];
  if (type !== 'application/json' || !described.schema) return faults;
  return [...faults, ...schemaFaults(described.schema, JSON.parse(answer.text), status)];
}

function schemaFaults(schema: TSchema, value: unknown, status: string): string[] {
  const check = checks.get(schema) ?? Compile(schema);
  checks.set(schema, check);
  if (check.Check(value)) return [];
  return [...check.Errors(value)].map(
    ({ instancePath, message }) => `${status}: ${instancePath || 'the body'} ${message}`,
  );
}
