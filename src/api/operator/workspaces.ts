import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Receipts } from '../../identity/nodes/receipt.ts';
import type { Workspaces, WorkspaceTerms } from '../../identity/workspaces/workspace.ts';
import { defaultRegion } from '../../regions/topology.ts';
import { actorOf } from '../guards/access.ts';
import { Receipt, receiptDetails, receiptUntil, receiptWait } from '../management/receipt.ts';
import { answers } from '../responses.ts';
import {
  termsOf,
  WorkspaceParams,
  WorkspaceSchema,
  workspaceDetails,
  workspaceIdIn,
} from './workspace-details.ts';

interface Deps {
  readonly workspaces: Workspaces;
  readonly receipts: Receipts;
  /** Regions of the topology. */
  readonly regions: readonly string[];
}

export const listWorkspaces = ({ workspaces }: Deps) => ({
  schema: {
    summary: 'List the workspaces of the installation, oldest first',
    response: answers({ 200: Type.Array(WorkspaceSchema) }),
  },
  handler: async () => (await workspaces.list()).map(workspaceDetails),
});

export const getWorkspace = ({ workspaces }: Deps) => ({
  schema: {
    summary: 'Get a workspace',
    params: WorkspaceParams,
    response: answers({ 200: WorkspaceSchema }, 'not_found'),
  },
  handler: async (request: FastifyRequest) => workspaceDetails(await workspaces.find(workspaceIdIn(request))),
});

export const createWorkspace = ({ workspaces, regions }: Deps) => {
  const { name, ...terms } = termsOf(regions);
  const Body = Type.Object({ name, ...optional(terms) }, { additionalProperties: false });
  return {
    schema: {
      summary: 'Create a workspace with its default project',
      body: Body,
      response: answers({
        201: Type.Object({ workspace: WorkspaceSchema, project_id: Type.Integer() }),
      }),
    },
    async handler(request: FastifyRequest, reply: FastifyReply) {
      const input = termsFrom(request.body as Static<typeof Body>);
      const { workspace, projectId } = await workspaces.create(actorOf(request), {
        name: '',
        customerType: 'on-demand',
        regions: [defaultRegion(regions) ?? ''],
        temporaryKeysEnabled: input.customerType !== 'enterprise',
        maxRunningJobs: null,
        maxSessions: null,
        monthlyAudioHours: null,
        ...input,
      });
      reply.code(201);
      return { workspace: workspaceDetails(workspace), project_id: projectId };
    },
  };
};

export const changeWorkspace = ({ workspaces, receipts, regions }: Deps) => {
  const Body = Type.Object(optional(termsOf(regions)), {
    additionalProperties: false,
    minProperties: 1,
  });
  const Query = Type.Object({ wait: receiptWait });
  return {
    schema: {
      summary: 'Change what a workspace may do; takes effect on every node like a revocation',
      params: WorkspaceParams,
      querystring: Query,
      body: Body,
      response: answers({ 200: Type.Object({ workspace: WorkspaceSchema, receipt: Receipt }) }, 'not_found'),
    },
    async handler(request: FastifyRequest, reply: FastifyReply) {
      const terms = termsFrom(request.body as Static<typeof Body>);
      const { workspace, version } = await workspaces.change(actorOf(request), workspaceIdIn(request), terms);
      const receipt = await receipts.wait(version, receiptUntil(request, reply));
      return { workspace: workspaceDetails(workspace), receipt: receiptDetails(receipt) };
    },
  };
};

type Terms = ReturnType<typeof termsOf>;

/** Every term may be left out. */
function optional<T extends Partial<Terms>>(terms: T) {
  const entries = Object.entries(terms).map(([name, schema]) => [name, Type.Optional(schema)]);
  return Object.fromEntries(entries) as {
    [K in keyof T]: ReturnType<typeof Type.Optional<Terms[K & keyof Terms]>>;
  };
}

interface WireTerms {
  readonly name?: string;
  readonly customer_type?: string;
  readonly regions?: readonly string[];
  readonly temporary_keys_enabled?: boolean;
  readonly max_running_jobs?: number | null;
  readonly max_sessions?: number | null;
  readonly monthly_audio_hours?: number | null;
}

/** The one place where the wire's names become ours; the values were checked by the schema. */
function termsFrom(body: WireTerms): Partial<WorkspaceTerms> {
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.customer_type !== undefined && {
      customerType: body.customer_type as WorkspaceTerms['customerType'],
    }),
    ...(body.regions !== undefined && { regions: body.regions as WorkspaceTerms['regions'] }),
    ...(body.temporary_keys_enabled !== undefined && { temporaryKeysEnabled: body.temporary_keys_enabled }),
    ...(body.max_running_jobs !== undefined && { maxRunningJobs: body.max_running_jobs }),
    ...(body.max_sessions !== undefined && { maxSessions: body.max_sessions }),
    ...(body.monthly_audio_hours !== undefined && { monthlyAudioHours: body.monthly_audio_hours }),
  };
}
