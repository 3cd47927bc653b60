import createClient, { type Middleware } from 'openapi-fetch';
import { problemOf, unreachable } from './problem.ts';
import type { paths } from './schema.d.ts';

/** Every path the portal may call. */
export type Paths = paths;

const throwProblems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
  onError({ error }) {
    // An abort is the caller's own doing, not a failure of the network.
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return unreachable();
  },
};

/** Typed client of the server this page came from. A failed request rejects with a `Problem`. */
export const api = createClient<Paths>({ baseUrl: window.location.origin, credentials: 'same-origin' });
api.use(throwProblems);

/** The body of a request's answer. */
export async function answerOf<T>(
  reply: Promise<
    { data: T; error?: never; response: Response } | { data?: never; error: unknown; response: Response }
  >,
): Promise<T> {
  const { data } = await reply;
  // Failures have already rejected, so an answer without a body is one that is meant to have none.
  return data as T;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Answers<Operation> = Operation extends { responses: infer Responses } ? Responses : never;
type JsonOf<Reply> = Reply extends { content: { 'application/json': infer Body } } ? Body : never;

/** Type of the JSON that a path answers with: `Answer<'/portal/api/session', 'get'>`. */
export type Answer<Path extends keyof Paths, M extends Method> = M extends keyof Paths[Path]
  ? {
      [Status in 200 | 201]: Status extends keyof Answers<Paths[Path][M]>
        ? JsonOf<Answers<Paths[Path][M]>[Status]>
        : never;
    }[200 | 201]
  : never;
