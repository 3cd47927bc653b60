/**
 * Whether JSON text may hold more than so many values. It is not read for that: what stands before values is counted, in
 * strings too.
 */
export function hasMoreValues(text: string, count: number): boolean {
  let found = 0;
  for (const mark of ',[{') {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
      found += 1;
      if (found > count) return true;
    }
  }
  return false;
}

/** Whether arrays and objects of JSON data lie in each other on more than so many levels. Looks no deeper than that. */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isNestedDeeper(member, levels - 1));
}
