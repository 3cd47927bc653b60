import { useQuery } from '@tanstack/react-query';
import { apiKeysQuery } from '../../api-keys/api-keys.ts';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';

/** The name of an API key of the workspace; those that act for people in the portal have none to show. */
export function useKeyName(apiKeyId: string | undefined): string | undefined {
  const { workspaceId } = useWorkspace();
  const { data: keys = [] } = useQuery(apiKeysQuery(workspaceId));
  return keys.find(({ apikey_id }) => apikey_id === apiKeyId)?.name;
}
