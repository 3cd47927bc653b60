import { useQuery } from '@tanstack/react-query';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { type Endpoint, endpointsOf, type Product } from './endpoints.ts';
import { workspaceDetailsQuery } from './workspace-details.ts';

/** The endpoints that the workspace may use, the server of this page first. */
export function useEndpoints(product: Product): readonly [Endpoint, ...Endpoint[]] {
  const session = useSignedIn();
  const { workspaceId } = useWorkspace();
  const { data: workspace } = useQuery(workspaceDetailsQuery(workspaceId));
  const here = window.location.origin;
  const [first, ...others] = endpointsOf(session, product, { here, regions: workspace?.regions });
  return [first ?? { id: 'here', label: 'This server', origin: here }, ...others];
}
