import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Projects } from '../../identity/workspaces/project.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { printable } from '../text.ts';
import { ProjectSchema, projectDetails, projectName } from './project.ts';

const Body = Type.Object(
  {
    name: projectName,
    description: Type.Optional(printable(1_000, 'What the project is for.')),
    contract_id: Type.Optional(
      Type.Integer({ description: 'Accepted for compatibility; a workspace has one contract.' }),
    ),
  },
  { additionalProperties: false },
);

export const createProject = ({ projects }: { projects: Projects }) => ({
  schema: {
    summary: 'Create a project',
    body: Body,
    response: answers({ 201: ProjectSchema }),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { name, description } = request.body as Static<typeof Body>;
    const input = { name, ...(description !== undefined && { description }) };
    const project = await projects.create(actorOf(request), workspaceId(request), input);
    reply.code(201);
    return projectDetails(project);
  },
});
