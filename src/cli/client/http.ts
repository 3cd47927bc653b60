import type { Readable } from 'node:stream';
import { request } from 'undici';
import { ClientError } from './client-error.ts';
import { foreign, refusal, unreachable } from './refusal.ts';
import type { Target } from './target.ts';

interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
}

/**
 * Calls a path below `/v2` and resolves to the text of a 2xx answer; redirects are not followed, since they would take
 * the key along. Throws `ClientError`, or the reason of the signal.
 */
export async function call(
  { url, key }: Target,
  path: string,
  { method = 'GET', headers, body }: Call = {},
  signal?: AbortSignal,
): Promise<string> {
  try {
    const answer = await request(`${url.href}${path}`, {
      method,
      headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
      ...(body && { body, headersTimeout: 0 }), // an upload may take hours
      ...(signal && { signal }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 200 && answer.statusCode < 300) return text;
    throw refusal({ url, ...(key !== undefined && { key }) }, answer.statusCode, text);
  } catch (error) {
    if (error instanceof ClientError) throw error;
    signal?.throwIfAborted();
    throw unreachable(url, error as Error);
  }
}

/** The answer as a JSON object. */
export async function callJson<T extends object>(...args: Parameters<typeof call>): Promise<T> {
  const text = await call(...args);
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null) return answer as T;
  } catch {}
  throw foreign(args[0]);
}
