import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { isProjectPrincipal } from '../../identity/authorize.ts';
import type { MintRequest, TemporaryKeys } from '../../identity/temporary-keys/temporary-key.ts';
import { REGIONS } from '../../regions/topology.ts';
import { actorOf, projectPrincipal, workspaceId } from '../guards/access.ts';
import { answers } from '../responses.ts';

interface Deps {
  readonly apiKeys: ApiKeys;
  readonly temporaryKeys: TemporaryKeys;
  readonly maxTtlSeconds: number;
}

/** No control characters, and no half of a surrogate pair: PostgreSQL would store all halves as one character. */
const PRINTABLE = '^(?:[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])+$';

const Query = Type.Object({
  type: Type.Optional(
    Type.Enum(['batch', 'rt'], { description: 'Product of a temporary key. Default batch.' }),
  ),
});

const body = (maxTtlSeconds: number) =>
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
        Type.String({
          minLength: 1,
          maxLength: 256,
          pattern: PRINTABLE,
          description:
            'The end user the key is for: it reaches only the jobs of this reference. Ignored for type rt.',
        }),
      ),
      region: Type.Optional(
        Type.Enum([...REGIONS], { description: 'The region the temporary key opens. Default eu.' }),
      ),
      project_id: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Project of an API key.' }),
      ),
      name: Type.Optional(
        Type.String({ minLength: 1, maxLength: 120, pattern: PRINTABLE, description: 'Name of an API key.' }),
      ),
    },
    { additionalProperties: false },
  );

type Body = Static<ReturnType<typeof body>>;

const Created = Type.Object({
  key_value: Type.String({ description: 'The key, shown here and never again.' }),
  apikey_id: Type.Union([Type.String(), Type.Null()], { description: 'Null for a temporary key.' }),
});

/** An API key mints a temporary key; a management token creates an API key. */
export const createKey = (deps: Deps) => ({
  schema: {
    summary: 'Create a temporary key (with an API key) or an API key (with a management token)',
    querystring: Query,
    body: body(deps.maxTtlSeconds),
    response: answers({ 201: Created }),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const input = request.body as Body;
    const isMinter = request.principal !== undefined && isProjectPrincipal(request.principal);
    const created = isMinter ? await mint(deps, request, input) : await create(deps, request, input);
    reply.code(201);
    return created;
  },
});

async function mint({ temporaryKeys }: Deps, request: FastifyRequest, input: Body) {
  if (input.ttl === undefined) throw required('ttl');
  const wanted: MintRequest = {
    type: (request.query as Static<typeof Query>).type ?? 'batch',
    ttlSeconds: input.ttl,
    ...(input.client_ref !== undefined && { clientRef: input.client_ref }),
    ...(input.region !== undefined && { region: input.region }),
  };
  return { key_value: await temporaryKeys.mint(projectPrincipal(request), wanted), apikey_id: null };
}

async function create({ apiKeys }: Deps, request: FastifyRequest, input: Body) {
  if (input.ttl !== undefined) {
    throw new AppError('forbidden', { detail: 'temporary keys are created with an API key' });
  }
  if (input.project_id === undefined) throw required('project_id');
  if (input.name === undefined) throw required('name');
  const { apiKeyId, secret } = await apiKeys.create(actorOf(request), {
    workspaceId: workspaceId(request),
    projectId: input.project_id,
    name: input.name,
    ...(input.client_ref !== undefined && { clientRef: input.client_ref }),
  });
  return { key_value: secret, apikey_id: apiKeyId };
}

const required = (name: string): AppError =>
  new AppError('unprocessable', { detail: `${name} in body is required`, wireCode: 602 });
