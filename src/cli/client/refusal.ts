import { shown } from '../terminal/report.ts';
import { ClientError, EXIT, refused } from './client-error.ts';
import type { Target } from './target.ts';

/** Why the server answered with a status that is none of success. */
export function refusal({ url, key }: Target, status: number, text: string): ClientError {
  if (status === 401)
    return refused(key === undefined ? NO_KEY : `${url.origin} does not accept the key (401)`);
  return new ClientError(`${url.origin} answered ${status}: ${shown(reasonIn(text))}`, {
    exitCode: EXIT.refused,
    isPassing: status === 429 || status >= 500,
  });
}

const NO_KEY = 'the server asks for a key (401): set PARLEY_API_KEY, or name a file with --key-file';

/** For an answer that is none of the API: something else listens there. */
export const foreign = ({ url }: Target): ClientError =>
  refused(`${url.origin} does not answer as the Speechmatics API does`);

export function unreachable(url: URL, error: Error & { readonly code?: string }): ClientError {
  const reason = error.message || error.code || error.name;
  return new ClientError(`${url.origin} cannot be reached: ${shown(reason)}`, {
    exitCode: EXIT.notRun,
    isPassing: true,
  });
}

function reasonIn(text: string): string {
  try {
    const { error, detail } = JSON.parse(text);
    return [error, detail].filter((part) => typeof part === 'string').join(': ') || 'no reason given';
  } catch {
    return 'no reason given';
  }
}
