import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import type { ApiKeys } from '../../identity/api-keys/api-key.ts';
import { isProjectPrincipal } from '../../identity/authorize.ts';
import { projectPrincipal } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { apiKeyMembers, createApiKey, required } from './create-api-key.ts';
import { type MintDeps, MintQuery, mintTemporaryKey, temporaryKeyMembers } from './mint-temporary-key.ts';

interface Deps extends MintDeps {
  readonly apiKeys: ApiKeys;
}

const body = (deps: MintDeps) => {
  const { ttl, ...members } = temporaryKeyMembers(deps);
  return Type.Object(
    { ttl: Type.Optional(ttl), ...members, ...apiKeyMembers },
    { additionalProperties: false },
  );
};

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
    querystring: MintQuery,
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

async function mint(deps: Deps, request: FastifyRequest, { ttl, ...input }: Body) {
  if (ttl === undefined) throw required('ttl');
  const { type } = request.query as Static<typeof MintQuery>;
  return mintTemporaryKey(deps, projectPrincipal(request), { ...input, ttl, type });
}

function create(deps: Deps, request: FastifyRequest, input: Body) {
  if (input.ttl !== undefined || input.limits !== undefined) {
    throw new AppError('forbidden', { detail: 'temporary keys are created with an API key' });
  }
  return createApiKey(deps, request, input);
}
