import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import { decodedPath } from '../../http/url.ts';
import type { Projects } from '../../identity/workspaces/project.ts';
import type { Erasures } from '../../jobs/erase.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { ProjectParams, projectIdOf } from './project.ts';

interface Deps {
  readonly projects: Projects;
  readonly erasures: Erasures;
}

/** The keys end at once. The data goes before the answer if that is soon, and in any case after it. */
export const deleteProject = ({ projects, erasures }: Deps) => ({
  schema: {
    summary: 'Delete a project with its keys, jobs, transcripts and usage',
    params: ProjectParams,
    response: answers({ 204: Type.Null() }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    requireWholePath(request);
    await projects.remove(actorOf(request), workspaceId(request), projectIdOf(request));
    await erasures.run();
    return reply.code(204).send();
  },
});

/**
 * Clients resolve `..` in a path before they send it, so a request to erase the end user `..` would arrive as one to
 * delete the project, with a slash at its end. Elsewhere such a slash means nothing.
 */
function requireWholePath({ url }: FastifyRequest): void {
  if (decodedPath(url).endsWith('/')) throw new AppError('not_found', { detail: 'client_ref not found' });
}
