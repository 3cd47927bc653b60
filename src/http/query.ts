/**
 * Reads a query string. The values of a repeated parameter are kept side by side: which one was meant is nobody's guess,
 * so `validation.ts` refuses it.
 */
export function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null);
  if (text === '') return query;
  const parameters = new URLSearchParams(text);
  for (const name of new Set(parameters.keys())) {
    const [first = '', ...others] = parameters.getAll(name);
    query[name] = others.length === 0 ? first : [first, ...others];
  }
  return query;
}
