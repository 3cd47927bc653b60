/** A secret out of the text of a file: a field of JSON, as in `bootstrap.json`, or the whole. */
export function secretIn(text: string, field: string): string | undefined {
  const secret = text.trimStart().startsWith('{') ? fieldOf(text, field) : text.trim();
  return typeof secret === 'string' && /^[\x21-\x7e]+$/.test(secret) ? secret : undefined;
}

function fieldOf(text: string, field: string): unknown {
  try {
    return JSON.parse(text)[field];
  } catch {
    return undefined;
  }
}
