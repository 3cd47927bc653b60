import type { RouteOptions } from 'fastify';
import { AppError } from '../errors/app-error.ts';
import { addFormRoutes } from '../http/form.ts';
import type { HttpServer } from '../http/server.ts';
import { WEBSOCKET, type WebSocketHandler } from '../http/websocket.ts';
import type { Access, RateClass, RouteRole } from './guards/access.ts';
import { allAnswers } from './responses.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export type Unit = Pick<RouteOptions, 'schema' | 'handler'> & {
  readonly rawBody?: true;
  /** It reads a form. */
  readonly form?: true;
  /** It is a WebSocket, which this takes over. */
  readonly upgrade?: WebSocketHandler;
};

/** A route: who may call it, how often, and what answers. */
export type Route = readonly [
  method: (typeof METHODS)[number],
  path: string,
  access: Access,
  rate: RateClass | 'none',
  Unit,
];

interface RouteGroup {
  readonly role: RouteRole;
  readonly routes: readonly Route[];
}

/** Adds the routes of this node's roles; those of other roles are as unknown as any other path. */
export function addRouteGroups(app: HttpServer, groups: readonly RouteGroup[]): void {
  const all = groups.flatMap(({ role, routes }) => routes.map((route) => ({ role, route })));
  for (const { role, route } of all) addRoute(app, role, route);
  for (const url of new Set(all.map(({ route: [, path] }) => path))) {
    const [first, ...others] = all.filter(({ route: [, path] }) => path === url);
    if (first)
      refuseOtherMethods(
        app,
        url,
        first,
        [first, ...others].map(({ route: [method] }) => method),
      );
  }
}

function addRoute(
  app: HttpServer,
  role: RouteRole,
  [method, url, access, rate, { schema, handler, rawBody, form, upgrade }]: Route,
): void {
  const security = access === 'public' ? [] : [{ bearer: [] }];
  const response = allAnswers({ method, access, schema: schema ?? {} });
  const config = {
    role,
    access,
    ...(rate !== 'none' && { rate }),
    ...(rawBody && { rawBody }),
    ...(upgrade && { upgrade: true as const }),
  };
  const socket = upgrade && { wsHandler: upgrade, constraints: WEBSOCKET };
  const add = (scope: HttpServer) =>
    scope.route({ method, url, schema: { ...schema, response, security }, handler, config, ...socket });
  if (form) addFormRoutes(app, add);
  else add(app);
}

/** A path that exists says so, to whom it may concern, when it is asked with a method it does not know. */
function refuseOtherMethods(
  app: HttpServer,
  url: string,
  { role, route: [, , access] }: { readonly role: RouteRole; readonly route: Route },
  allowed: readonly string[],
): void {
  app.route({
    method: METHODS.filter((method) => !allowed.includes(method)),
    url,
    schema: { hide: true },
    config: { role, access },
    async handler(_request, reply) {
      reply.header('allow', allowed.join(', '));
      throw new AppError('method_not_allowed');
    },
  });
}
