import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { isProjectPrincipal } from '../../identity/authorize.ts';
import { LimitsSchema } from '../../identity/temporary-keys/limits.ts';
import type { MintRequest } from '../../identity/temporary-keys/mint-request.ts';
import type { TemporaryKeys } from '../../identity/temporary-keys/temporary-key.ts';
import { projectPrincipal } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { clientRef } from '../text.ts';
import { apiKeyMembers, createApiKey, required } from './create-api-key.ts';

interface Deps {
  readonly apiKeys: ApiKeys;
  readonly temporaryKeys: TemporaryKeys;
  readonly maxTtlSeconds: number;
  /** Regions of the topology. */
  readonly regions: readonly string[];
}

const Query = Type.Object({
  type: Type.Optional(
    Type.Enum(['batch', 'rt'], { description: 'Product of a temporary key. Default batch.' }),
  ),
});

const Limits = Type.Object(
  {
    ...LimitsSchema.properties,
    client_ref: Type.Optional(clientRef('The end user of real-time sessions; only with type rt.')),
    environment: Type.Optional(
      Type.String({
        maxLength: 20,
        description:
          'The only environment that admits the key, for example EU1. Default, where the key has limits that are counted: the first of its region.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What a temporary key may do at most.',
  },
);

/** Speechmatics' clients know only these regions, and name `eu` unless told otherwise. */
const CLIENT_REGIONS = ['eu', 'usa', 'au'];

/** What a caller may name. Where there is one region, each of the names that clients send means that one. */
const regionNames = (regions: readonly string[]): string[] =>
  regions.length === 1 ? [...new Set([...regions, ...CLIENT_REGIONS])] : [...regions];

const body = ({ maxTtlSeconds, regions }: Pick<Deps, 'maxTtlSeconds' | 'regions'>) =>
  Type.Object(
    {
      ttl: Type.Optional(
        Type.Integer({
          minimum: 60,
          maximum: maxTtlSeconds,
          description: 'Time to live of a temporary key in seconds; required with an API key.',
        }),
      ),
      client_ref: Type.Optional(
        clientRef(
          'The end user the key is for: it reaches only the jobs of this reference. Ignored for type rt.',
        ),
      ),
      region: Type.Optional(
        Type.Enum(regionNames(regions), {
          description:
            'The region the temporary key opens. Default: eu if the workspace is contracted for it, else its first.',
        }),
      ),
      limits: Type.Optional(Limits),
      ...apiKeyMembers,
    },
    { additionalProperties: false },
  );

type Body = Static<ReturnType<typeof body>>;

const Created = Type.Object({
  key_value: Type.Optional(
    Type.String({ description: 'The key, shown here and never again; absent for a key taken over.' }),
  ),
  apikey_id: Type.Union([Type.String(), Type.Null()], { description: 'Null for a temporary key.' }),
});

/** An API key mints a temporary key; a management token creates an API key. */
export const createKey = (deps: Deps) => ({
  schema: {
    summary: 'Create a temporary key (with an API key) or an API key (with a management token)',
    querystring: Query,
    body: body(deps),
    response: answers({ 201: Created }, 'not_found', 'conflict'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const input = request.body as Body;
    const isMinter = request.principal !== undefined && isProjectPrincipal(request.principal);
    const created = isMinter ? await mint(deps, request, input) : await create(deps, request, input);
    reply.code(201);
    return created;
  },
});

async function mint({ temporaryKeys, regions }: Deps, request: FastifyRequest, input: Body) {
  if (input.ttl === undefined) throw required('ttl');
  const { environment, ...limits } = input.limits ?? {};
  const region = input.region !== undefined && regions.length === 1 ? regions[0] : input.region;
  const wanted: MintRequest = {
    type: (request.query as Static<typeof Query>).type ?? 'batch',
    ttlSeconds: input.ttl,
    ...(input.client_ref !== undefined && { clientRef: input.client_ref }),
    ...(region !== undefined && { region }),
    ...(environment !== undefined && { environment }),
    limits,
  };
  return { key_value: await temporaryKeys.mint(projectPrincipal(request), wanted), apikey_id: null };
}

function create(deps: Deps, request: FastifyRequest, input: Body) {
  if (input.ttl !== undefined || input.limits !== undefined) {
    throw new AppError('forbidden', { detail: 'temporary keys are created with an API key' });
  }
  return createApiKey(deps, request, input);
}
