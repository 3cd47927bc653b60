import type { ApiKey } from '../api-keys/api-keys.ts';

/** How many keys each project has. */
export function countByProject(keys: readonly ApiKey[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { project_id } of keys) counts.set(project_id, (counts.get(project_id) ?? 0) + 1);
  return counts;
}
