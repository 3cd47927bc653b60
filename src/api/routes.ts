import { AppError } from '../errors/app-error.ts';
import type { HttpServer } from '../http/server.ts';
import type { ApiKeys } from '../identity/api-keys/api-key.ts';
import type { SigningKeys } from '../identity/temporary-keys/signing-key.ts';
import type { TemporaryKeys } from '../identity/temporary-keys/temporary-key.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { createJob } from './batch/create-job.ts';
import { deleteJob } from './batch/delete-job.ts';
import { getJob } from './batch/get-job.ts';
import { getTranscript } from './batch/get-transcript.ts';
import { listJobs } from './batch/list-jobs.ts';
import { getFeatures } from './discovery/get-features.ts';
import { getLive, getReady } from './discovery/get-health.ts';
import { getJwks } from './discovery/get-jwks.ts';
import { getOpenapi } from './discovery/get-openapi.ts';
import type { Access, RateClass } from './guards/access.ts';
import { createKey } from './management/create-key.ts';
import { listKeys } from './management/list-keys.ts';
import { revokeKey } from './management/revoke-key.ts';
import { rotateSigningKey } from './operator/rotate-signing-key.ts';

export interface RouteDeps {
  readonly jobs: Jobs;
  readonly apiKeys: ApiKeys;
  readonly temporaryKeys: TemporaryKeys;
  readonly signingKeys: SigningKeys;
  readonly languages: readonly string[];
  readonly maxUploadBytes: number;
  readonly maxTtlSeconds: number;
  readonly isReady: () => Promise<boolean>;
}

type Unit = Pick<Parameters<HttpServer['route']>[0], 'schema' | 'handler'>;
type Route = readonly [
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  access: Access,
  rate: RateClass | 'none',
  Unit,
];

/** Every route: who may call it, how often, and what answers. */
const table = (app: HttpServer, deps: RouteDeps): readonly Route[] => [
  ['POST', '/v2/jobs', 'jobs:create', 'submit', createJob(deps)],
  ['GET', '/v2/jobs', 'jobs:read', 'read', listJobs(deps)],
  ['GET', '/v2/jobs/:jobid', 'jobs:read', 'read', getJob(deps)],
  ['GET', '/v2/jobs/:jobid/transcript', 'jobs:read', 'read', getTranscript(deps)],
  ['DELETE', '/v2/jobs/:jobid', 'jobs:delete', 'read', deleteJob(deps)],

  // The temporary-key clients write the path with an underscore, the management specification with a hyphen.
  ['POST', '/v1/api_keys', 'keys:create', 'mint', createKey(deps)],
  ['POST', '/v1/api-keys', 'keys:create', 'mint', createKey(deps)],
  ['GET', '/v1/api_keys', 'api-keys:view', 'none', listKeys(deps)],
  ['GET', '/v1/api-keys', 'api-keys:view', 'none', listKeys(deps)],
  ['DELETE', '/v1/api_keys/:apikey_id', 'api-keys:delete', 'none', revokeKey(deps)],
  ['DELETE', '/v1/api-keys/:apikey_id', 'api-keys:delete', 'none', revokeKey(deps)],

  ['POST', '/v1/operator/signing-keys/rotate', 'operator:manage', 'none', rotateSigningKey(deps)],

  ['GET', '/v1/discovery/features', 'public', 'none', getFeatures(deps)],
  ['GET', '/.well-known/jwks.json', 'public', 'none', getJwks(deps)],
  ['GET', '/health/live', 'public', 'none', getLive()],
  ['GET', '/health/ready', 'public', 'none', getReady(deps)],
  ['GET', '/openapi.json', 'public', 'none', getOpenapi(app)],
];

export function addRoutes(app: HttpServer, deps: RouteDeps): void {
  const routes = table(app, deps);
  for (const [method, url, access, rate, { schema, handler }] of routes) {
    const security = access === 'public' ? [] : [{ bearer: [] }];
    const config = { access, ...(rate !== 'none' && { rate }) };
    app.route({ method, url, schema: { ...schema, security }, handler, config });
  }
  for (const url of new Set(routes.map(([, path]) => path))) refuseOtherMethods(app, url, routes);
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** A path that exists says so, to whom it may concern, when it is asked with a method it does not know. */
function refuseOtherMethods(app: HttpServer, url: string, routes: readonly Route[]): void {
  const same = routes.filter(([, path]) => path === url);
  const allowed = same.map(([method]) => method);
  app.route({
    method: METHODS.filter((method) => !allowed.some((one) => one === method)),
    url,
    schema: { hide: true },
    config: { access: same[0]?.[2] ?? 'operator:manage' },
    async handler(_request, reply) {
      reply.header('allow', allowed.join(', '));
      throw new AppError('method_not_allowed');
    },
  });
}
