import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import { browserOf } from '../guards/access.ts';
import { answers } from '../responses.ts';
import type { SessionDeps } from './session.ts';

const Start = Type.Object(
  {
    return_path: Type.Optional(
      Type.String({
        maxLength: 500,
        pattern: '^/portal/[^\\\\]*$',
        description: 'The page of the portal to come back to.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const startWithProvider = ({ accounts, providerName }: SessionDeps) => ({
  schema: {
    summary: 'Where to go to sign in with the OpenID Connect provider',
    body: Start,
    response: answers({ 200: Type.Object({ url: Type.String() }) }, 'not_found'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    if (providerName === undefined) throw new AppError('not_found');
    const { return_path = '/portal/' } = request.body as Static<typeof Start>;
    const { url, setCookies } = await accounts.startWithProvider(browserOf(request), return_path);
    reply.header('set-cookie', [...setCookies]);
    return { url };
  },
});

/** The provider's page sends the browser here, so the request comes from another site. */
export const finishWithProvider = ({ accounts, registration, providerName }: SessionDeps) => ({
  schema: { hide: true },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    if (providerName === undefined) throw new AppError('not_found');
    const browser = browserOf(request);
    const query = request.query as Record<string, string>;
    const { location, setCookies } = await accounts.finishWithProvider(browser, query);
    const cookie = setCookies.map((one) => one.split(';')[0]).join('; ');
    const found = await accounts.find({ ...browser, cookie });
    if (found) await registration.settle({ requestId: request.id, address: request.ip }, found.account);
    return reply.header('set-cookie', [...setCookies]).redirect(location, 302);
  },
});
