import { AppError } from '../errors/app-error.ts';

/** Reads a query string. A repeated parameter is ambiguous, so it is refused rather than one of its values chosen. */
export function parseQuery(text: string): Record<string, string> {
  const query: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (name in query) {
      throw new AppError('unprocessable', {
        detail: `${name} in query should be given once`,
        wireCode: 610,
      });
    }
    query[name] = value;
  }
  return query;
}
