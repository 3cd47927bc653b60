import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Projects } from '../../identity/workspaces/project.ts';
import { workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { ProjectSchema, projectDetails } from './project.ts';

export const listProjects = ({ projects }: { projects: Projects }) => ({
  schema: {
    summary: 'List the projects of the workspace, oldest first',
    response: answers({ 200: Type.Array(ProjectSchema) }),
  },
  async handler(request: FastifyRequest) {
    return (await projects.list(workspaceId(request))).map(projectDetails);
  },
});
