/**
 * A deep copy of plain JSON data without `null` (and `undefined`) members and elements; all else stays as
 * it was. Official clients refuse an echoed config that holds a null.
 */
export function withoutNulls<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(isPresent).map(copy);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => isPresent(member));
  return Object.fromEntries(members.map(([name, member]) => [name, copy(member)]));
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}
