import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { NodeList } from '../../identity/nodes/list.ts';
import { NODE_ROLES } from '../../identity/nodes/roles.ts';
import type { Endpoint } from '../../regions/topology.ts';
import type { Consumption, Consumptions } from '../../usage/consumption.ts';
import { workspaceId } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';

interface Deps {
  readonly endpoints: readonly Endpoint[];
  readonly nodeList: NodeList;
  readonly consumptions: Consumptions;
  /** Environments with a database of their own. */
  readonly followingEnvironments: () => Promise<readonly FollowingEnvironment[]>;
}

/** How an environment with a database of its own follows this one. */
export interface FollowingEnvironment {
  readonly environment: string;
  readonly lagSeconds: number | null;
  readonly changesBehind: number | null;
  readonly hasMissedChanges: boolean;
}

/** Which nodes answer requests to a product. */
const ROLE_OF = { batch: 'api', rt: 'realtime' } as const;

const Replication = Type.Object({
  lag_seconds: Type.Union([Type.Number(), Type.Null()], {
    description: 'Age of the last heartbeat that the environment has answered; null: it never has.',
  }),
  changes_behind: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Changes of keys that not every node there has applied, as far as is known.',
  }),
  has_missed_changes: Type.Boolean({ description: 'The operator has to copy the environment anew.' }),
});
const Work = Type.Object({
  sessions: Type.Integer({ description: 'Open real-time sessions of this workspace.' }),
  running_jobs: Type.Integer({ description: 'Jobs of this workspace that are being transcribed.' }),
  waiting_jobs: Type.Integer({ description: 'Jobs of this workspace in the queue.' }),
});

const EnvironmentSchema = Type.Object({
  environment: Type.String(),
  products: Type.Array(Type.Enum(['batch', 'rt'])),
  region: Type.String(),
  hosts: Type.Array(Type.String()),
  is_up: Type.Boolean({
    description: 'A node that answers requests to it has been heard of within the last seconds.',
  }),
  nodes: Type.Array(
    Type.Object({
      node_id: Type.String(),
      started_at: isoMilliseconds,
      is_live: Type.Boolean(),
      roles: Type.Array(Type.Enum(NODE_ROLES), { description: 'What the node does.' }),
      applied_version: Type.Integer(),
    }),
  ),
  replication: Type.Union([Type.Null(), Replication], {
    description: 'Of an environment with a database of its own; null for others.',
  }),
  work: Type.Union([Type.Null(), Work], {
    description: 'What the workspace has under way; null where only the environment’s own database knows.',
  }),
});

export const listEnvironments = ({ endpoints, nodeList, consumptions, ...deps }: Deps) => ({
  schema: {
    summary: 'The environments of this installation, and what the workspace has under way in each',
    response: answers({
      200: Type.Object({
        version: Type.Integer({
          description: 'The number of the last change of keys; a node is behind until it has applied it.',
        }),
        environments: Type.Array(EnvironmentSchema),
      }),
    }),
  },
  async handler(request: FastifyRequest) {
    const { version, nodes } = await nodeList.read();
    const own = new Map((await consumptions.of(workspaceId(request))).map((one) => [one.environment, one]));
    const following = new Map((await deps.followingEnvironments()).map((one) => [one.environment, one]));
    const names = [...new Set(endpoints.map(({ environment }) => environment.name))].sort();
    return {
      version,
      environments: names.map((name) => {
        const described = describe(endpoints, name);
        const answering = described.products.map((product) => ROLE_OF[product]);
        const serving = nodes.filter((node) => node.environments.includes(name));
        const elsewhere = following.get(name);
        return {
          ...described,
          is_up: serving.some((node) => node.isLive && answering.some((role) => node.roles.includes(role))),
          nodes: serving.map((node) => ({
            node_id: node.nodeId,
            started_at: node.startedAt.toISOString(),
            is_live: node.isLive,
            roles: node.roles,
            applied_version: node.appliedVersion,
          })),
          replication: elsewhere ? replicationOf(elsewhere) : null,
          work: elsewhere ? null : workOf(own.get(name)),
        };
      }),
    };
  },
});

const replicationOf = (following: FollowingEnvironment) => ({
  lag_seconds: following.lagSeconds,
  changes_behind: following.changesBehind,
  has_missed_changes: following.hasMissedChanges,
});

const workOf = ({ sessions, runningJobs, waitingJobs }: Partial<Consumption> = {}) => ({
  sessions: sessions ?? 0,
  running_jobs: runningJobs ?? 0,
  waiting_jobs: waitingJobs ?? 0,
});

function describe(endpoints: readonly Endpoint[], name: string) {
  const of = endpoints.filter(({ environment }) => environment.name === name);
  return {
    environment: name,
    products: [...new Set(of.map(({ environment }) => environment.product))],
    region: of[0]?.environment.region ?? '',
    hosts: [...new Set(of.map(({ host }) => host))],
  };
}
