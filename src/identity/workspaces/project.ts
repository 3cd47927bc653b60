import type { Selectable } from 'kysely';
import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import type { Tables } from '../../db/tables.ts';
import { AppError } from '../../errors/app-error.ts';
import { deleteApiKeys } from '../api-keys/delete.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';

/** Owns keys, jobs and usage; a key of one project reaches nothing of another. */
export interface Project {
  readonly projectId: number;
  readonly name: string;
  readonly description: string | null;
  readonly isDefault: boolean;
  readonly createdAt: Date;
}

/** Projects of a workspace. One of another workspace is as unknown as none (`not_found`). */
export interface Projects {
  list(workspaceId: string): Promise<Project[]>;
  find(workspaceId: string, projectId: number): Promise<Project>;
  /** Throws `forbidden` when the workspace has as many as it may. */
  create(actor: Actor, workspaceId: string, input: { name: string; description?: string }): Promise<Project>;
  rename(actor: Actor, workspaceId: string, projectId: number, name: string): Promise<Project>;
  /** Ends every key of the project at once; its data is erased after that (`erasures`). */
  remove(actor: Actor, workspaceId: string, projectId: number): Promise<{ version: number }>;
}

/** Upstream's limit, for workspaces of every customer type. */
const MAX_PROJECTS = 1_000;

export const createProjects = ({ sql, change }: { sql: Sql; change: Change }): Projects => ({
  list: async (workspaceId) =>
    (await live(sql, workspaceId).orderBy('project_id').execute()).map(projectOfRow),
  find: (workspaceId, projectId) => findProject(sql, workspaceId, projectId),
  create: async (actor, workspaceId, input) =>
    (
      await change(actor, async (tx, record) => {
        await requireRoom(tx, workspaceId);
        const project = await insertProject(tx, workspaceId, { ...input, isDefault: false });
        const details = { name: input.name };
        await record({ action: 'project.created', target: String(project.projectId), workspaceId, details });
        return project;
      })
    ).value,
  rename: async (actor, workspaceId, projectId, name) =>
    (
      await change(actor, async (tx, record) => {
        await findProject(tx, workspaceId, projectId);
        await tx.updateTable('projects').set({ name }).where('project_id', '=', projectId).execute();
        await record({
          action: 'project.changed',
          target: String(projectId),
          workspaceId,
          details: { name },
        });
        return findProject(tx, workspaceId, projectId);
      })
    ).value,
  remove: (actor, workspaceId, projectId) =>
    change(actor, async (tx, record) => {
      const project = await findProject(tx, workspaceId, projectId);
      if (project.isDefault) {
        throw new AppError('forbidden', { detail: 'the default project of a workspace cannot be deleted' });
      }
      const gone = { deleted_at: raw<Date>`now()` };
      await tx.updateTable('projects').set(gone).where('project_id', '=', projectId).execute();
      await deleteApiKeys(tx, { projectId });
      await tx.deleteFrom('client_ref_cutoffs').where('project_id', '=', projectId).execute();
      await tx
        .insertInto('erasures')
        .values({ project_id: projectId, client_ref: '', regions: regionsOf(projectId) })
        .execute();
      const details = { name: project.name };
      await record({ action: 'project.deleted', target: String(projectId), workspaceId, details });
    }),
});

/** Makes a project in the regions its workspace is contracted for. */
export async function insertProject(
  tx: Sql,
  workspaceId: string,
  input: { name: string; description?: string; isDefault: boolean },
): Promise<Project> {
  const { regions } = await tx
    .selectFrom('workspaces')
    .select('regions')
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirstOrThrow();
  const row = await tx
    .insertInto('projects')
    .values({
      workspace_id: workspaceId,
      name: input.name,
      description: input.description ?? null,
      is_default: input.isDefault,
      regions,
      deleted_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return projectOfRow(row);
}

/** Repeated on the rows that are replicated by it. */
export const regionsOf = (projectId: number) =>
  raw<string[]>`(select regions from projects where project_id = ${projectId})`;

async function requireRoom(tx: Sql, workspaceId: string): Promise<void> {
  const { count } = await live(tx, workspaceId)
    .clearSelect()
    .select((eb) => eb.fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow();
  if (Number(count) >= MAX_PROJECTS) {
    throw new AppError('forbidden', { detail: `a workspace has at most ${MAX_PROJECTS} projects` });
  }
}

async function findProject(sql: Sql, workspaceId: string, projectId: number): Promise<Project> {
  const row = await live(sql, workspaceId).where('project_id', '=', projectId).executeTakeFirst();
  if (!row) throw new AppError('not_found', { detail: 'project not found' });
  return projectOfRow(row);
}

const live = (sql: Sql, workspaceId: string) =>
  sql
    .selectFrom('projects')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null);

const projectOfRow = (row: Selectable<Tables['projects']>): Project => ({
  projectId: row.project_id,
  name: row.name,
  description: row.description,
  isDefault: row.is_default,
  createdAt: row.created_at,
});
