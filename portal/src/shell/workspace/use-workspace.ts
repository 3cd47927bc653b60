import { useParams } from '@tanstack/react-router';
import type { WorkspaceEntry } from '../../api/session.ts';
import { useSignedIn } from '../session/signed-in.tsx';

export interface CurrentWorkspace {
  readonly workspaceId: string;
  readonly name: string;
  /** Admins may change what members only see. */
  readonly isAdmin: boolean;
}

const LAST_USED = 'parley.workspace';

/** The workspace that the page is about. */
export function useWorkspace(): CurrentWorkspace {
  const { workspaceId } = useParams({ from: '/workspaces/$workspaceId' });
  const entry = useSignedIn().workspaces.find((each) => each.workspace_id === workspaceId);
  return { workspaceId, name: entry?.name ?? '', isAdmin: entry?.role === 'admin' };
}

export function rememberWorkspace(workspaceId: string): void {
  try {
    localStorage.setItem(LAST_USED, workspaceId);
  } catch {
    // Without storage the first workspace opens next time.
  }
}

/** The workspace to open when the address names none. */
export function preferredWorkspace(workspaces: readonly WorkspaceEntry[]): WorkspaceEntry | undefined {
  return workspaces.find((each) => each.workspace_id === lastUsed()) ?? workspaces[0];
}

function lastUsed(): string | null {
  try {
    return localStorage.getItem(LAST_USED);
  } catch {
    return null;
  }
}
