import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { PortalKeys } from '../../identity/accounts/portal-key.ts';
import type { InspectKey } from '../../identity/inspect.ts';
import { actorOf, workspaceId } from '../guards/access.ts';
import {
  type MintDeps,
  MintedKey,
  MintQuery,
  mintTemporaryKey,
  temporaryKeyMembers,
} from '../management/mint-temporary-key.ts';
import { ProjectParams, projectIdOf } from '../projects/project.ts';
import { answers } from '../responses.ts';

interface Deps extends MintDeps {
  readonly portalKeys: PortalKeys;
  readonly inspectKey: InspectKey;
}

/** The portal's own way to the Batch and the Real-Time API: a temporary key, as every customer mints them. */
export const mintInPortal = (deps: Deps) => {
  const Body = Type.Object(temporaryKeyMembers(deps), { additionalProperties: false, required: ['ttl'] });
  return {
    schema: {
      summary: 'Mint a temporary key for the person who is signed in',
      params: ProjectParams,
      querystring: MintQuery,
      body: Body,
      response: answers({ 201: MintedKey }, 'not_found'),
    },
    async handler(request: FastifyRequest, reply: FastifyReply) {
      const { principal } = request;
      if (principal?.kind !== 'account') throw new TypeError('the route has no guard for members');
      const minter = await deps.portalKeys.minterFor(actorOf(request), principal, projectIdOf(request));
      const { type } = request.query as Static<typeof MintQuery>;
      reply.code(201);
      return mintTemporaryKey(deps, minter, { ...(request.body as Static<typeof Body>), type });
    },
  };
};

const Inspected = Type.Object({ key_value: Type.String({ minLength: 1, maxLength: 5_000 }) });

export const inspectTemporaryKey = ({ inspectKey }: Pick<Deps, 'inspectKey'>) => ({
  schema: {
    summary: 'Whether a key of this workspace is accepted now, and why not',
    body: Inspected,
    response: answers({
      200: Type.Object({
        accepted: Type.Boolean(),
        reason: Type.Optional(Type.String({ description: 'One word, for programs.' })),
        explanation: Type.Optional(Type.String({ description: 'The reason as a sentence.' })),
        apikey_id: Type.Optional(Type.String({ description: 'The key, or the one it was minted with.' })),
        project_id: Type.Optional(Type.Integer()),
      }),
    }),
  },
  async handler(request: FastifyRequest) {
    const { key_value } = request.body as Static<typeof Inspected>;
    const found = await inspectKey(key_value, workspaceId(request));
    if ('refused' in found) {
      return { accepted: false, reason: found.refused, explanation: found.explanation };
    }
    return { accepted: true, apikey_id: found.keyId, project_id: found.projectId };
  },
});
