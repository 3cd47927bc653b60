/** What the list was last narrowed to, so that the way back from a job leads to the same. */
export interface ListSearch {
  readonly project?: number | undefined;
  readonly client_ref?: string | undefined;
  readonly status?: 'running' | 'done' | 'rejected' | undefined;
  readonly q?: string | undefined;
}

let last: { readonly workspaceId: string; readonly search: ListSearch } | undefined;

export function rememberListSearch(workspaceId: string, search: ListSearch): void {
  last = { workspaceId, search };
}

/** The search of the list as it was left, in this project. */
export function listSearchOf(workspaceId: string, project: number | undefined): ListSearch {
  if (last?.workspaceId !== workspaceId) return project === undefined ? {} : { project };
  const { search } = last;
  if (project === undefined) return search;
  return search.project === undefined || search.project === project ? { ...search, project } : { project };
}
