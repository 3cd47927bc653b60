import type { FastifyRequest } from 'fastify';
import type { Projects } from '../../identity/workspaces/project.ts';
import { workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { ProjectParams, ProjectSchema, projectDetails, projectIdOf } from './project.ts';

export const getProject = ({ projects }: { projects: Projects }) => ({
  schema: {
    summary: 'Get a project',
    params: ProjectParams,
    response: answers({ 200: ProjectSchema }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    return projectDetails(await projects.find(workspaceId(request), projectIdOf(request)));
  },
});
