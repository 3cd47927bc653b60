import type { FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import { SessionError } from '../../realtime/protocol/session-error.ts';
import type { Realtime } from '../../realtime/realtime.ts';
import type { Socket } from '../../realtime/socket.ts';
import { projectPrincipal } from '../guards/access.ts';

/** `GET /v2` and its other spellings: a real-time session. */
export const openSession = ({ realtime }: { realtime: Realtime }) => ({
  schema: { hide: true },
  // For a request that is not to become a WebSocket there is no such route.
  async handler() {
    throw new AppError('not_found');
  },
  upgrade(socket: Socket, request: FastifyRequest) {
    const { environment, query, params, traceParent } = request;
    if (!environment) throw new TypeError('the route has no guard for environments');
    const principal = projectPrincipal(request);
    const refusal = refusalOf(request);
    const { language } = params as { language?: string };
    const { 'sm-sdk': sdk } = query as { 'sm-sdk'?: unknown };
    realtime.accept(socket, request.raw.socket, {
      principal,
      requestId: request.id,
      environment,
      ...(refusal && { refusal }),
      ...(language !== undefined && { language }),
      ...(typeof sdk === 'string' && { sdk }),
      ...(traceParent !== undefined && { traceParent }),
    });
  },
});

/** In the words of the service where it has some. */
function refusalOf({ deferredRefusal: refused, principal }: FastifyRequest): SessionError | undefined {
  if (!refused) return undefined;
  const isOtherProduct = principal?.kind === 'temporary-key' && principal.product !== 'rt';
  return isOtherProduct
    ? new SessionError('not_authorised', 'Not Authorized')
    : new SessionError(
        'not_allowed',
        refused.detail ?? 'the key is not valid in the region of this endpoint',
      );
}
