import { sql as raw } from 'kysely';
import { newId } from '../../base/ids.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { CustomerType, Region } from '../../regions/topology.ts';
import type { Change, Record } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import { insertProject } from './project.ts';

/** What the operator decides about a customer; the customer cannot change any of it. */
export interface WorkspaceTerms {
  readonly name: string;
  readonly customerType: CustomerType;
  /** Contracted regions, at least one. */
  readonly regions: readonly Region[];
  /** Enterprise workspaces mint temporary keys only when this is set. */
  readonly temporaryKeysEnabled: boolean;
  /** Jobs that may be unfinished at once; null: the installation's limit alone. */
  readonly maxRunningJobs: number | null;
  /** Real-time sessions that may be open at once; null: the installation's limit alone. */
  readonly maxSessions: number | null;
  /** Hours of audio per calendar month (UTC); null: no quota. */
  readonly monthlyAudioHours: number | null;
}

/** What a customer gets who was not set up by the operator. */
export const ON_DEMAND_TERMS = {
  customerType: 'on-demand',
  temporaryKeysEnabled: true,
  maxRunningJobs: null,
  maxSessions: null,
  monthlyAudioHours: null,
} as const satisfies Partial<WorkspaceTerms>;

export interface Workspace extends WorkspaceTerms {
  readonly workspaceId: string;
  readonly createdAt: Date;
}

/** Customers of the installation, for its operator. */
export interface Workspaces {
  list(): Promise<Workspace[]>;
  /** Throws `not_found`. */
  find(workspaceId: string): Promise<Workspace>;
  /** Makes a workspace with its default project. */
  create(actor: Actor, terms: WorkspaceTerms): Promise<{ workspace: Workspace; projectId: number }>;
  /** Takes effect on every node like a revocation; returns the version that says so. */
  change(
    actor: Actor,
    workspaceId: string,
    terms: Partial<WorkspaceTerms>,
  ): Promise<{ workspace: Workspace; version: number }>;
}

export const createWorkspaces = ({ sql, change }: { sql: Sql; change: Change }): Workspaces => ({
  list: async () =>
    (
      await sql.selectFrom('workspaces').selectAll().orderBy('created_at').orderBy('workspace_id').execute()
    ).map(workspaceOfRow),
  find: (workspaceId) => findWorkspace(sql, workspaceId),
  create: async (actor, terms) =>
    (await change(actor, (tx, record) => insertWorkspace(tx, record, newId('ws'), terms))).value,
  async change(actor, workspaceId, terms) {
    const { value, version } = await change(actor, async (tx, record) => {
      await findWorkspace(tx, workspaceId);
      await updateWorkspace(tx, workspaceId, terms);
      await record({ action: 'workspace.changed', target: workspaceId, workspaceId, details: { ...terms } });
      return findWorkspace(tx, workspaceId);
    });
    return { workspace: value, version };
  },
});

export async function insertWorkspace(
  tx: Sql,
  record: Record,
  workspaceId: string,
  terms: WorkspaceTerms,
): Promise<{ workspace: Workspace; projectId: number }> {
  await tx
    .insertInto('workspaces')
    .values({
      workspace_id: workspaceId,
      name: terms.name,
      customer_type: terms.customerType,
      regions: [...terms.regions],
      temporary_keys_enabled: terms.temporaryKeysEnabled,
      max_running_jobs: terms.maxRunningJobs,
      max_sessions: terms.maxSessions,
      monthly_audio_hours: terms.monthlyAudioHours,
    })
    .execute();
  const { projectId } = await insertProject(tx, workspaceId, { name: 'Default project', isDefault: true });
  await record({ action: 'workspace.created', target: workspaceId, workspaceId, details: { ...terms } });
  return { workspace: await findWorkspace(tx, workspaceId), projectId };
}

/** `regions` is repeated on the rows that are replicated by it. */
async function updateWorkspace(tx: Sql, workspaceId: string, terms: Partial<WorkspaceTerms>): Promise<void> {
  const regions = terms.regions && { regions: [...terms.regions] };
  const set = {
    workspace_id: workspaceId,
    ...(terms.name !== undefined && { name: terms.name }),
    ...(terms.customerType !== undefined && { customer_type: terms.customerType }),
    ...(terms.temporaryKeysEnabled !== undefined && { temporary_keys_enabled: terms.temporaryKeysEnabled }),
    ...(terms.maxRunningJobs !== undefined && { max_running_jobs: terms.maxRunningJobs }),
    ...(terms.maxSessions !== undefined && { max_sessions: terms.maxSessions }),
    ...(terms.monthlyAudioHours !== undefined && { monthly_audio_hours: terms.monthlyAudioHours }),
    ...regions,
  };
  await tx.updateTable('workspaces').set(set).where('workspace_id', '=', workspaceId).execute();
  if (!regions) return;
  const projects = tx.selectFrom('projects').select('project_id').where('workspace_id', '=', workspaceId);
  await tx.updateTable('projects').set(regions).where('workspace_id', '=', workspaceId).execute();
  await tx.updateTable('client_ref_cutoffs').set(regions).where('project_id', 'in', projects).execute();
  await tx
    .updateTable('api_keys')
    .set(regions)
    .where('workspace_id', '=', workspaceId)
    .where('revoked_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', raw<Date>`now()`)]))
    .execute();
  // The number of this very statement: who has applied it has applied the ones before.
  await tx
    .updateTable('workspaces')
    .set({ regions_version: raw<number>`(select version + 1 from identity_head)` })
    .where('workspace_id', '=', workspaceId)
    .execute();
}

async function findWorkspace(sql: Sql, workspaceId: string): Promise<Workspace> {
  const row = await sql
    .selectFrom('workspaces')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirst();
  if (!row) throw new AppError('not_found', { detail: 'workspace not found' });
  return workspaceOfRow(row);
}

const workspaceOfRow = (row: {
  workspace_id: string;
  name: string;
  customer_type: CustomerType;
  regions: string[];
  temporary_keys_enabled: boolean;
  max_running_jobs: number | null;
  max_sessions: number | null;
  monthly_audio_hours: number | null;
  created_at: Date;
}): Workspace => ({
  workspaceId: row.workspace_id,
  name: row.name,
  customerType: row.customer_type,
  regions: row.regions,
  temporaryKeysEnabled: row.temporary_keys_enabled,
  maxRunningJobs: row.max_running_jobs,
  maxSessions: row.max_sessions,
  monthlyAudioHours: row.monthly_audio_hours,
  createdAt: row.created_at,
});
