import { useQuery } from '@tanstack/react-query';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { clientRefsQuery } from './client-refs-query.ts';

/** The list that a text field with this id as its `list` suggests from. */
export function ClientRefSuggestions({ id }: { readonly id: string }) {
  const { workspaceId } = useWorkspace();
  const { data: names = [] } = useQuery(clientRefsQuery(workspaceId));
  return (
    <datalist id={id}>
      {names.map((name) => (
        <option key={name} value={name} />
      ))}
    </datalist>
  );
}
