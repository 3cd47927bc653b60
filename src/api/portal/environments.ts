import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { NodeList } from '../../identity/nodes/list.ts';
import { NODE_ROLES } from '../../identity/nodes/roles.ts';
import type { Endpoint } from '../../regions/topology.ts';
import type { Consumptions } from '../../usage/consumption.ts';
import { workspaceId } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';

interface Deps {
  readonly endpoints: readonly Endpoint[];
  readonly nodeList: NodeList;
  readonly consumptions: Consumptions;
}

/** Which nodes answer requests to a product. */
const ROLE_OF = { batch: 'api', rt: 'realtime' } as const;

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
  sessions: Type.Integer({ description: 'Open real-time sessions of this workspace.' }),
  running_jobs: Type.Integer({ description: 'Jobs of this workspace that are being transcribed.' }),
  waiting_jobs: Type.Integer({ description: 'Jobs of this workspace in the queue.' }),
});

export const listEnvironments = ({ endpoints, nodeList, consumptions }: Deps) => ({
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
    const names = [...new Set(endpoints.map(({ environment }) => environment.name))].sort();
    return {
      version,
      environments: names.map((name) => {
        const described = describe(endpoints, name);
        const answering = described.products.map((product) => ROLE_OF[product]);
        const serving = nodes.filter((node) => node.environments.includes(name));
        const { sessions = 0, runningJobs = 0, waitingJobs = 0 } = own.get(name) ?? {};
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
          sessions,
          running_jobs: runningJobs,
          waiting_jobs: waitingJobs,
        };
      }),
    };
  },
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
