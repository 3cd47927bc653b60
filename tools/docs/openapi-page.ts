import type { PortalGuardDeps } from '../../src/api/guards/portal-guards.ts';
import { apiOptions } from '../../src/api/options.ts';
import { addPortalRoutes, type PortalDeps } from '../../src/api/portal/routes.ts';
import { addRoutes, type RouteDeps } from '../../src/api/routes.ts';
import { openapiInfo } from '../../src/app/serve-http.ts';
import { createLogger } from '../../src/base/log.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { identityOptions } from '../../src/identity/options.ts';
import { regionOptions } from '../../src/regions/options.ts';
import { createTopology } from '../../src/regions/topology.ts';

/** `docs/api/openapi.json`: what `GET /openapi.json` of a server with default settings says. */
export async function openapiPage(): Promise<string> {
  const app = await createHttpServer({
    log: createLogger('silent'),
    tls: undefined,
    trustedProxies: [],
    isUnavailable: () => false,
    openapi: openapiInfo,
  });
  // Handlers are made but never called, so the parts they work with may be missing.
  const described = {
    languages: ['en'],
    maxTtlSeconds: identityOptions.maxTtlSeconds.defaultValue,
    regions: createTopology(regionOptions.domain.defaultValue).regions,
  };
  const deps = described as unknown as PortalDeps;
  const guards = { ...deps, portalRate: apiOptions.readRate.defaultValue } as unknown as PortalGuardDeps;
  addRoutes(app, { every: described, api: deps, realtime: deps, control: deps } as unknown as RouteDeps);
  addPortalRoutes(app, deps, guards);
  await app.ready();
  const page = `${JSON.stringify(app.swagger(), undefined, 2)}\n`;
  await app.close();
  return page;
}
