import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { Project } from '../../identity/workspaces/project.ts';
import { isoMilliseconds } from '../responses.ts';
import { printable } from '../text.ts';

export const ProjectSchema = Type.Object({
  project_id: Type.Integer(),
  name: Type.String(),
  description: Type.Optional(Type.String()),
  is_default: Type.Boolean({ description: 'The default project of a workspace cannot be deleted.' }),
  is_active: Type.Boolean(),
  created_at: isoMilliseconds,
});

/** A project as the wire shows it; what is absent is left out. */
export const projectDetails = (project: Project) => ({
  project_id: project.projectId,
  name: project.name,
  ...(project.description !== null && { description: project.description }),
  is_default: project.isDefault,
  is_active: true,
  created_at: project.createdAt.toISOString(),
});

export const projectName = printable(120, 'Name of the project.');

export const ProjectParams = Type.Object({ project_id: Type.String() });

/** The project named by the path; text that cannot be an id is answered like an id nobody has. */
export function projectIdOf(request: FastifyRequest): number {
  const { project_id } = request.params as { project_id: string };
  const projectId = Number(project_id);
  if (!/^[1-9]\d{0,9}$/.test(project_id) || projectId > 2_147_483_647) {
    throw new AppError('not_found', { detail: 'project not found' });
  }
  return projectId;
}
