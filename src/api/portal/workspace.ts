import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Workspaces } from '../../identity/workspaces/workspace.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { WorkspaceSchema, workspaceDetails } from '../operator/workspace-details.ts';
import { answers } from '../responses.ts';
import { printable } from '../text.ts';

interface Deps {
  readonly workspaces: Workspaces;
}

export const getOwnWorkspace = ({ workspaces }: Deps) => ({
  schema: {
    summary: 'The workspace, with what the operator has agreed',
    response: answers({ 200: WorkspaceSchema }),
  },
  async handler(request: FastifyRequest) {
    return workspaceDetails(await workspaces.find(workspaceId(request)));
  },
});

const Name = Type.Object({ name: printable(120, 'Name of the workspace.') }, { additionalProperties: false });

export const renameWorkspace = ({ workspaces }: Deps) => ({
  schema: { summary: 'Rename the workspace', body: Name, response: answers({ 200: WorkspaceSchema }) },
  async handler(request: FastifyRequest) {
    const input = request.body as Static<typeof Name>;
    const { workspace } = await workspaces.change(actorOf(request), workspaceId(request), input);
    return workspaceDetails(workspace);
  },
});
