import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Projects } from '../../identity/workspaces/project.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { ProjectParams, ProjectSchema, projectDetails, projectIdOf, projectName } from './project.ts';

const Body = Type.Object({ name: projectName }, { additionalProperties: false });

export const renameProject = ({ projects }: { projects: Projects }) => ({
  schema: {
    summary: 'Rename a project',
    params: ProjectParams,
    body: Body,
    response: answers({ 200: ProjectSchema }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    const { name } = request.body as Static<typeof Body>;
    const projectId = projectIdOf(request);
    return projectDetails(await projects.rename(actorOf(request), workspaceId(request), projectId, name));
  },
});
