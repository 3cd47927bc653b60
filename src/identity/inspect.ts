import { type RefusalReason, sentenceOf } from './audit/explain.ts';
import type { Authenticate } from './authenticate.ts';
import { isProjectPrincipal } from './authorize.ts';

/** What a key of the workspace opens, or why it is refused. A key of another workspace is as unknown as none. */
export type InspectKey = (
  key: string,
  workspaceId: string,
) => Promise<
  | { readonly keyId: string; readonly projectId: number }
  | { readonly refused: RefusalReason; readonly explanation: string }
>;

/** Asks what the guards would ask, for the owner of a key who wants to know. */
export const createInspectKey =
  (authenticate: Authenticate): InspectKey =>
  async (key, workspaceId) => {
    const refused = (reason: RefusalReason) => ({ refused: reason, explanation: sentenceOf(reason) });
    const found = await authenticate(key);
    if ('refused' in found) {
      const isOwn = found.key === undefined || found.key.workspaceId === workspaceId;
      return refused(isOwn ? found.refused : 'unknown');
    }
    const { principal } = found;
    if (principal.kind === 'operator-token' || principal.workspaceId !== workspaceId)
      return refused('unknown');
    if (!isProjectPrincipal(principal)) return refused('wrong_kind');
    return { keyId: principal.keyId, projectId: principal.projectId };
  };
