import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Workspace } from '../../identity/workspaces/workspace.ts';
import { isoMilliseconds } from '../responses.ts';
import { knownId, printable } from '../text.ts';

/** What the operator may say of a workspace; regions are those of the topology. */
export const termsOf = (regions: readonly string[]) => ({
  name: printable(120, 'Name of the customer.'),
  customer_type: Type.Enum(['on-demand', 'enterprise']),
  regions: Type.Array(Type.Enum([...regions]), {
    minItems: 1,
    uniqueItems: true,
    description: 'Regions the workspace is contracted for; its keys are unknown elsewhere.',
  }),
  temporary_keys_enabled: Type.Boolean({
    description: 'Whether an enterprise workspace may mint temporary keys. On-demand ones always may.',
  }),
  max_running_jobs: Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000 }), Type.Null()], {
    description:
      'Jobs that may be unfinished at once in an environment; null: the limit of the installation.',
  }),
  max_sessions: Type.Union([Type.Integer({ minimum: 0, maximum: 1_000_000 }), Type.Null()], {
    description:
      'Real-time sessions that may be open at once in an environment; null: the limit of the installation.',
  }),
  monthly_audio_hours: Type.Union([Type.Number({ minimum: 0, maximum: 10_000_000 }), Type.Null()], {
    description: 'Hours of audio accepted per calendar month (UTC) and environment; null: no quota.',
  }),
});

export const WorkspaceSchema = Type.Object({
  workspace_id: Type.String(),
  name: Type.String(),
  customer_type: Type.Enum(['on-demand', 'enterprise']),
  regions: Type.Array(Type.String()),
  temporary_keys_enabled: Type.Boolean(),
  max_running_jobs: Type.Union([Type.Integer(), Type.Null()]),
  max_sessions: Type.Union([Type.Integer(), Type.Null()]),
  monthly_audio_hours: Type.Union([Type.Number(), Type.Null()]),
  created_at: isoMilliseconds,
});

export const workspaceDetails = (workspace: Workspace) => ({
  workspace_id: workspace.workspaceId,
  name: workspace.name,
  customer_type: workspace.customerType,
  regions: workspace.regions,
  temporary_keys_enabled: workspace.temporaryKeysEnabled,
  max_running_jobs: workspace.maxRunningJobs,
  max_sessions: workspace.maxSessions,
  monthly_audio_hours: workspace.monthlyAudioHours,
  created_at: workspace.createdAt.toISOString(),
});

export const WorkspaceParams = Type.Object({ workspace_id: Type.String() });

/** The workspace named by the path. */
export const workspaceIdIn = (request: FastifyRequest): string =>
  knownId('ws', (request.params as { workspace_id: string }).workspace_id, 'workspace');
