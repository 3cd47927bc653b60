/** A path without escapes, and a query: most targets are like this. */
const PLAIN = /^\/[^%?]*(\?|$)/;

/**
 * The request target as the router and the guards both read it: the path alone (a proxy's absolute form is cut), and
 * escapes that no decoder accepts taken literally, so that such a path is an unknown path and not a special case.
 */
export function normaliseTarget(target: string): string {
  if (PLAIN.test(target)) return target;
  const local = target.replace(/^https?:\/\/[^/?#]*/i, '') || '/';
  const [path = '', ...query] = local.split('?');
  return [repairEscapes(path), ...query].join('?');
}

/** The decoded path of a normalised target. */
export const decodedPath = (target: string): string => decodeURIComponent(target.split('?')[0] ?? '');

function repairEscapes(path: string): string {
  try {
    decodeURIComponent(path);
    return path;
  } catch {
    return path.replaceAll('%', '%25');
  }
}
