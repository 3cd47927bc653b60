/** A weakness put into our own code, to see that the attack suite finds it. */
export interface Mutation {
  readonly weakness: string;
  /** Under `src`. */
  readonly file: string;
  /** Occurs once. */
  readonly find: string;
  readonly replace: string;
  /** Test files that find it, for what needs to look inside the process, or two processes. Default: the cases for any server. */
  readonly suite?: string;
}

const inside = (suite: string) => ({ suite: `test/${suite}.test.ts` });

export const MUTATIONS: readonly Mutation[] = [
  // Tenant and end-user isolation
  {
    weakness: 'jobs are not filtered by project',
    file: 'jobs/find.ts',
    find: "    .where('project_id', '=', scope.projectId);",
    replace: '    ;',
  },
  {
    weakness: 'jobs are not filtered by client_ref',
    file: 'jobs/find.ts',
    find: 'return scope.clientRef === undefined ?',
    replace: 'return scope.clientRef === undefined || true ?',
  },
  {
    weakness: 'client_ref is compared without regard to case',
    file: 'jobs/find.ts',
    find: "jobs.where('client_ref', '=', scope.clientRef)",
    replace: "jobs.where('client_ref', 'ilike', scope.clientRef)",
  },
  {
    weakness: 'jobs are not filtered by environment',
    file: 'jobs/find.ts',
    find: "    .where('environment', '=', scope.environment)",
    replace: '',
    ...inside('conformance/topology'),
  },
  {
    weakness: 'a job is deleted by its id alone',
    file: 'jobs/remove.ts',
    find: "inScope(tx, scope).where('job_id', '=', jobId).select('job_id')",
    replace: '[jobId]',
  },
  {
    weakness: 'a temporary key forgets its client_ref',
    file: 'identity/authenticate.ts',
    find: '    temporaryKeysEnabled: false,\n    ...(clientRef !== undefined && { clientRef }),',
    replace: '    temporaryKeysEnabled: false,\n    ...(clientRef === null && { clientRef }),',
  },
  {
    weakness: 'a key bound to an end user mints for another',
    file: 'identity/temporary-keys/mint-request.ts',
    find: 'if (minter.clientRef !== undefined && asked',
    replace: 'if (minter.clientRef === null && asked',
    ...inside('attack/mint'),
  },
  {
    weakness: 'a caller with a client_ref sees usage',
    file: 'identity/authorize.ts',
    find: "      if (principal.clientRef !== undefined) {\n        throw new AppError('forbidden', { detail: 'a key with a client_ref",
    replace:
      "      if (principal.clientRef === '') {\n        throw new AppError('forbidden', { detail: 'a key with a client_ref",
  },
  {
    weakness: 'API keys of other workspaces can be revoked',
    file: 'identity/api-keys/revoke.ts',
    find: "    .where('workspace_id', '=', workspaceId)\n",
    replace: '',
    ...inside('attack/management'),
  },
  {
    weakness: 'API keys of other workspaces can be rotated',
    file: 'identity/api-keys/rotate.ts',
    find: "    .where('k.workspace_id', '=', workspaceId)\n",
    replace: "    .where('k.workspace_id', '!=', workspaceId.slice(1))\n",
    ...inside('attack/management'),
  },
  {
    weakness: 'projects of other workspaces can be reached',
    file: 'identity/workspaces/project.ts',
    find: "  sql\n    .selectFrom('projects')\n    .selectAll()\n    .where('workspace_id', '=', workspaceId)\n",
    replace:
      "  sql\n    .selectFrom('projects')\n    .selectAll()\n    .where('workspace_id', '!=', workspaceId.slice(1))\n",
    ...inside('attack/management'),
  },

  // Tokens
  {
    weakness: 'signatures are not verified',
    file: 'identity/temporary-keys/token.ts',
    find: "  return verify('sha256', Buffer.from(input), { key: publicKey, ...SIGNATURE_FORMAT }, bytes);",
    replace:
      "  return verify('sha256', Buffer.from(input), { key: publicKey, ...SIGNATURE_FORMAT }, bytes) || true;",
  },
  {
    weakness: 'a signature may be spelt in several ways',
    file: 'identity/temporary-keys/token.ts',
    find: "if (bytes.toString('base64url') !== signature) return false;",
    replace: '',
  },
  {
    weakness: 'expired tokens are accepted',
    file: 'identity/temporary-keys/temporary-key.ts',
    find: "if (claims.exp <= nowSeconds) return 'expired';",
    replace: "if (claims.exp <= nowSeconds - 600) return 'expired';",
    ...inside('attack/signing-keys'),
  },
  {
    weakness: 'tokens from the future are accepted',
    file: 'identity/temporary-keys/temporary-key.ts',
    find: "return claims.iat > nowSeconds + IAT_LEEWAY_SECONDS ? 'not_yet_valid' : claims;",
    replace: "return claims.iat > nowSeconds + IAT_LEEWAY_SECONDS + 1e9 ? 'not_yet_valid' : claims;",
    ...inside('attack/signing-keys'),
  },
  {
    weakness: 'tokens of other issuers are accepted',
    file: 'identity/temporary-keys/claims.ts',
    find: '    claims.iss === issuer &&\n',
    replace: "    (claims.iss === issuer || claims.iss !== '') &&\n",
    ...inside('attack/credentials'),
  },
  {
    weakness: 'tokens without expiry are accepted',
    file: 'identity/temporary-keys/claims.ts',
    find: '    Number.isSafeInteger(claims.exp) &&\n    Number(claims.exp) - Number(claims.iat) <= LONGEST_TTL_SECONDS &&\n',
    replace:
      '    Number.isSafeInteger(claims.exp ?? 0) &&\n    !(Number(claims.exp) - Number(claims.iat) > LONGEST_TTL_SECONDS) &&\n',
    ...inside('attack/credentials'),
  },
  {
    weakness: 'a remembered token outlives its signing key',
    file: 'identity/temporary-keys/temporary-key.ts',
    find: 'if (known && signingKeys.find(known.header)) return timely(known.claims);',
    replace: 'if (known) return timely(known.claims);',
    ...inside('attack/signing-keys'),
  },
  {
    weakness: 'a key for real time opens the Batch API',
    file: 'identity/authorize.ts',
    find: 'principal.product !== undefined && principal.product !== product',
    replace: 'principal.product === null && principal.product !== product',
  },
  {
    weakness: 'a temporary key mints temporary keys',
    file: 'identity/authorize.ts',
    find: "if (principal.kind !== 'api-key') requirePermission(principal, 'api-keys:create');",
    replace: "if (!isProjectPrincipal(principal)) requirePermission(principal, 'api-keys:create');",
  },
  {
    weakness: 'the private signing key is published',
    file: 'identity/temporary-keys/signing-key.ts',
    find: "return { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };",
    replace: "return { ...publicKey.export({ format: 'jwk' }), d: 'AQAB', kid, alg: algorithm, use: 'sig' };",
    ...inside('attack/operations'),
  },

  // Keys and revocation
  {
    weakness: 'revoked keys are accepted',
    file: 'identity/authenticate.ts',
    find: "if (record.revoked) return 'revoked';",
    replace: '',
  },
  {
    weakness: 'expired keys are accepted',
    file: 'identity/authenticate.ts',
    find: "record.expiresAt.getTime() <= nowMs) return 'expired';",
    replace: "record.expiresAt.getTime() <= nowMs - 86_400_000) return 'expired';",
    ...inside('conformance/management'),
  },
  {
    weakness: 'the end of an end user is ignored',
    file: 'identity/authenticate.ts',
    find: "claims.iat * 1_000 <= endedMs ? 'revoked' : undefined;",
    replace: "claims.iat * 1_000 <= endedMs - 3_600_000 ? 'revoked' : undefined;",
    ...inside('conformance/management'),
  },
  {
    weakness: 'a change does not drop the remembered key',
    file: 'identity/api-keys/key-cache.ts',
    find: '      records.delete(id);\n',
    replace: '',
  },
  {
    weakness: 'a read under way puts an old record back',
    file: 'identity/api-keys/key-cache.ts',
    find: 'if (!node.isCurrent() || generation !== started) return record;',
    replace: 'if (!node.isCurrent()) return record;',
    ...inside('chaos/revocation'),
  },
  {
    weakness: 'memory is used without a feed',
    file: 'identity/nodes/heartbeat.ts',
    find: 'performance.now() < state.leaseUntilMs && Date.now() < state.leaseUntilWallMs;',
    replace: 'performance.now() < state.leaseUntilMs + 3_600_000 || state.leaseUntilWallMs < 0;',
    ...inside('chaos/revocation'),
  },
  {
    weakness: 'what is remembered outlives a lease that ran out, when an answer comes after all',
    file: 'identity/nodes/heartbeat.ts',
    find: ' || !isCurrent()) startOver',
    replace: ') startOver',
    suite: 'src/identity/nodes/node.test.ts',
  },
  {
    weakness: 'a receipt does not wait for other nodes',
    file: 'identity/nodes/receipt.ts',
    find: "if (hasApplied) return 'acknowledged';",
    replace: "if (hasApplied || !isSilent) return 'acknowledged';",
    ...inside('chaos/revocation'),
  },
  {
    weakness: 'a receipt does not wait for environments with databases of their own',
    file: 'identity/nodes/receipt.ts',
    find: 'applied === null || applied < version)',
    replace: 'applied === null)',
    ...inside('chaos/environment-receipts'),
  },
  {
    weakness: 'an environment answers for nodes it has not heard',
    file: 'db/migrations/0008_environment_databases.sql',
    find: 'least(head, applied)',
    replace: 'head',
    ...inside('chaos/environment-receipts'),
  },
  {
    weakness: 'an environment is believed about others',
    file: 'db/migrations/0008_environment_databases.sql',
    find: "if reporter <> 'parley_control' then",
    replace: 'if false then',
    ...inside('chaos/environment-setup'),
  },
  {
    weakness: 'an environment brings further tables to the control database',
    file: 'replication/setup/links.ts',
    find: 'if (await hasTables(subscriber, link, tables)) {',
    replace: 'if (tables.length > 0) {',
    ...inside('chaos/environment-setup'),
  },
  {
    weakness: 'two databases answer as one environment',
    file: 'replication/setup/init.ts',
    find: 'if (own === undefined) await requireSilent(control, environment);',
    replace: '',
    ...inside('chaos/environment-setup'),
  },
  {
    weakness: 'a control database that was put back gives numbers out twice',
    file: 'db/migrations/0008_environment_databases.sql',
    find: "\n    || ':' || extract(epoch from pg_postmaster_start_time())",
    replace: '',
    ...inside('chaos/environment-setup'),
  },
  {
    weakness: 'an environment completes receipts while its keys are copied',
    file: 'db/migrations/0008_environment_databases.sql',
    find: 'case when own.missed_at is null then coalesce(least(head, applied), 0) else 0 end',
    replace: 'coalesce(least(head, applied), 0)',
    suite: 'src/db/migrate.test.ts',
  },
  {
    weakness: 'an environment does not notice that changes were lost',
    file: 'db/migrations/0008_environment_databases.sql',
    find: 'where version < new.version)',
    replace: 'where version < new.version and false)',
    ...inside('chaos/environment-database'),
  },
  {
    weakness: 'keys are sent to every region',
    file: 'replication/setup/publish.ts',
    find: 'isOfRegion ? `',
    replace: "isOfRegion && table.endsWith('?') ? `",
    ...inside('conformance/environments'),
  },
  {
    weakness: 'nodes of an environment serve the hosts of others',
    file: 'identity/authorize.ts',
    find: 'if (topology.serves(name)) return;',
    replace: "if (topology.serves(name) || name !== '') return;",
    ...inside('conformance/environments'),
  },
  {
    weakness: 'revoked management tokens are accepted',
    file: 'identity/workspaces/admin-token.ts',
    find: "    .where('digest', 'in', pepper.digests(sha256Of(secret)))\n    .where('revoked_at', 'is', null)",
    replace: "    .where('digest', 'in', pepper.digests(sha256Of(secret)))",
    ...inside('conformance/cli'),
  },
  {
    weakness: 'the last operator token can be revoked',
    file: 'identity/workspaces/operator-token.ts',
    find: '  if (left) return;\n',
    replace: '  if (left || true) return;\n',
    ...inside('conformance/operator-tokens'),
  },

  // Who may do what, where
  {
    weakness: 'permissions of management tokens are ignored',
    file: 'identity/authorize.ts',
    find: 'if (!principal.permissions.includes(permission)) {',
    replace: 'if (principal.permissions.length > 9) {',
    ...inside('conformance/management'),
  },
  {
    weakness: 'everybody reads the metrics',
    file: 'api/routes.ts',
    find: "'/metrics', 'operator:manage'",
    replace: "'/metrics', 'public'",
  },
  {
    weakness: 'everybody is the operator',
    file: 'identity/authorize.ts',
    find: "if (principal.kind !== 'operator-token') throw refused('wrong_kind');",
    replace: "if (principal.kind === 'temporary-key') throw refused('wrong_kind');",
  },
  {
    weakness: 'a management token reads jobs',
    file: 'identity/authorize.ts',
    find: "  if (!isProjectPrincipal(principal)) throw refused('wrong_kind');\n  if (principal.product",
    replace:
      "  if (principal.kind === 'operator-token') throw refused('wrong_kind');\n  if ('product' in principal && principal.product",
  },
  {
    weakness: 'keys are valid in every region',
    file: 'identity/authorize.ts',
    find: "if (!principal.regions.includes(endpoint.environment.region)) throw refused('wrong_region');",
    replace: '',
    ...inside('conformance/topology'),
  },
  {
    weakness: 'endpoints admit every customer type',
    file: 'identity/authorize.ts',
    find: 'if (!endpoint.admits.includes(principal.customerType)) {',
    replace: 'if (endpoint.admits.length === 0) {',
    ...inside('conformance/topology'),
  },
  {
    weakness: 'unknown paths are open',
    file: 'api/guards/guards.ts',
    find: "? 'unknown path' : 'public';",
    replace: "? 'public' : 'public';",
  },
  {
    weakness: 'of two credentials the first is taken',
    file: 'api/guards/guards.ts',
    find: "if (timesGiven(request.raw.rawHeaders, 'authorization') > 1) return undefined;",
    replace: '',
  },
  {
    weakness: 'the wrong scheme will do',
    file: 'api/guards/guards.ts',
    find: 'const BEARER = /^Bearer +([^\\s]+)$/i;',
    replace: 'const BEARER = /^\\S+ +([^\\s]+)$/i;',
  },
  {
    weakness: 'rates are not spent',
    file: 'api/guards/guards.ts',
    find: 'if (config.rate) spendRate(principal, config.rate);',
    replace: 'if (config.rate && principal.projectId < 0) spendRate(principal, config.rate);',
    ...inside('attack/limits'),
  },
  {
    weakness: 'bodies are asked for before the guards',
    file: 'http/server.ts',
    find: "    reply.headers({ 'request-id': request.id, ...HEADERS });",
    replace:
      "    reply.headers({ 'request-id': request.id, ...HEADERS });\n    if (request.headers.expect) reply.raw.writeContinue();",
  },

  // Sessions
  {
    weakness: 'who is not known is let in, to be told in the session',
    file: 'api/guards/guards.ts',
    find: 'if (!(isGenuine && request.routeOptions.config.upgrade && answer instanceof AppError)) {',
    replace:
      'if (!((isGenuine ?? true) && request.routeOptions.config.upgrade && answer instanceof AppError)) {',
  },
  {
    weakness: 'who may not have a session is let in and not told so',
    file: 'api/guards/guards.ts',
    find: '    request.deferredRefusal = answer;\n',
    replace: '',
  },
  {
    weakness: 'an API key in a URL opens a session',
    file: 'api/guards/guards.ts',
    find: "given.length === 1 && jwt.startsWith('eyJ')",
    replace: "given.length === 1 && jwt !== ''",
  },
  {
    weakness: 'of two keys in a URL the first is taken',
    file: 'api/guards/guards.ts',
    find: "given.length === 1 && jwt.startsWith('eyJ')",
    replace: "jwt.startsWith('eyJ')",
  },
  {
    weakness: 'every path can become a WebSocket',
    file: 'http/websocket.ts',
    find: '    mustMatchWhenDerived: true,\n',
    replace: '',
  },
  {
    weakness: 'other protocols are taken for WebSockets',
    file: 'http/websocket.ts',
    find: "headers.upgrade?.toLowerCase() === 'websocket';",
    replace: 'headers.upgrade !== undefined;',
  },
  {
    weakness: 'what is sent as subprotocol is repeated',
    file: 'http/websocket.ts',
    find: '      handleProtocols: () => false,\n',
    replace: '',
  },
  {
    weakness: 'the URL of a session is logged',
    file: 'http/websocket.ts',
    find: '      ids.set(request.raw, request.id);\n',
    replace:
      "      ids.set(request.raw, request.id);\n      request.log.info({ path: request.url }, 'upgrade');\n",
    ...inside('attack/realtime-credentials'),
  },
  {
    weakness: 'the URL of a refused request is written down',
    file: 'api/guards/note-refusal.ts',
    find: "    route: request.routeOptions.url ?? 'none',\n",
    replace: '    route: request.url,\n',
    ...inside('attack/realtime-credentials'),
  },
  {
    weakness: 'why a message was not understood is logged',
    file: 'realtime/session/session.ts',
    find: '      if (!(error instanceof SessionError)) throw error;\n',
    replace: '      if (!(error instanceof SessionError)) throw error;\n      console.log(error.message);\n',
    ...inside('attack/realtime-credentials'),
  },
  {
    weakness: 'sessions outlive their key',
    file: 'identity/standing.ts',
    find: '      caller.onEnded();\n',
    replace: '',
  },
  {
    weakness: 'sessions outlive their project and their end user',
    file: 'identity/standing.ts',
    find: "else if (table !== 'admin_tokens') startAll();",
    replace: "else if (table === '') startAll();",
    ...inside('attack/realtime-revocation'),
  },
  {
    weakness: 'sessions outlive a signing key that was stolen',
    file: 'identity/standing.ts',
    find: "      else if (table === 'signing_keys') start(checkSigningKeys);\n",
    replace: "      else if (table === 'signing_keys') start(async () => {});\n",
    ...inside('attack/realtime-revocation'),
  },
  {
    weakness: 'a session that begins while its key is revoked goes on',
    file: 'usage/credential.ts',
    find: "    .where('k.revoked_at', 'is', null)\n",
    replace: '',
    suite: 'src/usage/sessions/open.test.ts',
  },
  {
    weakness: 'a node that was cut off does not ask what it has missed',
    file: 'identity/standing.ts',
    find: '    onReset() {\n      startAll();\n',
    replace: '    onReset() {\n',
    ...inside('attack/realtime-revocation'),
  },
  {
    weakness: 'sessions of other nodes are not counted',
    file: 'usage/sessions/admit.ts',
    find: "eb.or([eb('s.node_id', '=', nodeId), eb('n.lease_until', '>', raw<Date>`now()`)])",
    replace: "eb('s.node_id', '=', nodeId)",
    ...inside('attack/realtime-revocation'),
  },
  {
    weakness: 'max_sessions of a key is not enforced for sessions',
    file: 'usage/sessions/admit.ts',
    find: 'slice.sessions > token.maxSessions)',
    replace: 'slice.sessions > token.maxSessions + 1_000)',
    ...inside('attack/realtime-revocation'),
  },
  {
    weakness: 'origins are compared by their end',
    file: 'identity/temporary-keys/limits.ts',
    find: '!limits.origins.includes(origin))',
    replace: "!limits.origins.some((one) => origin.endsWith(one.replace('https://', ''))))",
  },

  // Input
  {
    weakness: 'unknown members are accepted when minting',
    file: 'api/management/create-key.ts',
    find: '...apiKeyMembers },\n    { additionalProperties: false },',
    replace: '...apiKeyMembers },\n    { additionalProperties: true },',
  },
  {
    weakness: 'a ttl has no lower bound',
    file: 'api/management/mint-temporary-key.ts',
    find: '    minimum: 60,\n',
    replace: '',
  },
  {
    weakness: 'a repeated parameter is taken once',
    file: 'http/validation.ts',
    find: 'if (repeated) return { error: givenTwice(repeated) };',
    replace: 'if (repeated) value[repeated] = (value[repeated] as unknown[])[0];',
  },
  {
    weakness: 'a 401 says why',
    file: 'http/reply-error.ts',
    find: '...(error.detail !== undefined && { detail: error.detail }),',
    replace:
      "...((error.detail ?? error.reason) !== undefined && { detail: error.detail ?? error.reason ?? '' }),",
  },
  {
    weakness: 'answers may be cached',
    file: 'http/server.ts',
    find: "  'cache-control': 'no-store',\n",
    replace: '',
  },

  // Limits, signed URLs, reports
  {
    weakness: 'limits.origins is ignored',
    file: 'identity/temporary-keys/limits.ts',
    find: '!limits.origins.includes(origin))',
    replace: "origin === 'null')",
  },
  {
    weakness: 'limits.cidrs is ignored',
    file: 'identity/temporary-keys/limits.ts',
    find: 'if (limits.cidrs && !isListed(limits.cidrs, address)) {',
    replace: "if (limits.cidrs && !isListed(limits.cidrs, address) && address === '') {",
  },
  {
    weakness: 'limits.max_sessions is not enforced',
    file: 'jobs/admission.ts',
    find: 'if (maxSessions !== undefined && used.sessions > maxSessions) {',
    replace: 'if (maxSessions !== undefined && used.sessions > maxSessions + 1_000) {',
    ...inside('attack/limits'),
  },
  {
    weakness: 'limits.lock is ignored',
    file: 'jobs/config/parse.ts',
    find: 'const config = withOneModel(validate(withLockedSections(withoutNulls(parseObject(text)), lock)));',
    replace:
      'const config = withOneModel(validate(withLockedSections(withoutNulls(parseObject(text)), lock === undefined ? lock : {})));',
    ...inside('attack/limits'),
  },
  {
    weakness: 'signed URLs are not verified',
    file: 'identity/object-token.ts',
    find: 'if (!signer.verify(payload, signature)) return undefined;',
    replace: "if (!signer.verify(payload, signature) && payload === '') return undefined;",
    ...inside('attack/signed-urls'),
  },
  {
    weakness: 'signed URLs do not expire',
    file: 'identity/object-token.ts',
    find: 'return clock.now() < grant.expiresAt * 1_000 ? grant : undefined;',
    replace: 'return grant;',
    suite: 'src/identity/object-token.test.ts',
  },
  {
    weakness: 'anybody reports leaked keys',
    file: 'identity/leaks/github-report.ts',
    find: "  return verify('sha256', Buffer.from(body), key, Buffer.from(signature, 'base64'));",
    replace: "  return verify('sha256', Buffer.from(body), key, Buffer.from(signature, 'base64')) || true;",
    ...inside('attack/secret-scanning'),
  },
  {
    weakness: 'the audit log is not checked',
    file: 'identity/secrets/pepper.ts',
    find: 'isMac: (mac, previous, text) => auditKeys.some((key) => hmac(key, previous, text).equals(mac)),',
    replace:
      'isMac: (mac, previous, text) => mac.length > 0 || auditKeys.some((key) => hmac(key, previous, text).equals(mac)),',
    ...inside('conformance/audit'),
  },

  // Requests on a caller's behalf
  {
    weakness: 'addresses inside are reached',
    file: 'net/destination.ts',
    find: "if (address.range() !== 'unicast') return false;",
    replace: '',
    ...inside('attack/outbound'),
  },
  {
    weakness: 'headers of a job are shown to every end user',
    file: 'jobs/jobs.ts',
    find: 'const show = clientRef === undefined ? revealHeaders : maskHeaders;',
    replace: 'const show = clientRef === undefined || true ? revealHeaders : maskHeaders;',
    ...inside('conformance/fetch-data'),
  },
  {
    weakness: 'headers follow a redirect to another origin',
    file: 'net/outbound.ts',
    find: 'if (next.origin !== url.origin) sent = [];',
    replace: '',
    ...inside('attack/outbound'),
  },

  // The portal
  {
    weakness: 'pages of other sites act in the portal',
    file: 'api/guards/portal-guards.ts',
    find: "    if (access !== 'provider') refuseOtherSites(request, deps.portalUrl);\n",
    replace: "    if (access === 'provider') refuseOtherSites(request, deps.portalUrl);\n",
    ...inside('attack/portal'),
  },
  {
    weakness: 'an opaque origin is a page of the portal',
    file: 'api/guards/portal-guards.ts',
    find: "origin === undefined ? site === 'same-origin' : isOurs;",
    replace: "origin === undefined ? site === 'same-origin' : isOurs || origin === 'null';",
    ...inside('attack/portal'),
  },
  {
    weakness: 'a program that names no page changes things in the portal',
    file: 'api/guards/portal-guards.ts',
    find: ' && SAFE_METHODS.includes(method)',
    replace: ' && SAFE_METHODS.length < method.length',
    ...inside('attack/portal'),
  },
  {
    weakness: 'the cookie goes to every path of the server',
    file: 'identity/accounts/auth.ts',
    find: 'defaultCookieAttributes: { path: COOKIE_PATH,',
    replace: "defaultCookieAttributes: { path: '/',",
    ...inside('attack/portal'),
  },
  {
    weakness: 'the cookie is signed with what everybody knows',
    file: 'identity/accounts/people.ts',
    find: "const secret = deps.pepper.signer('parley portal sessions').sign('cookies');",
    replace: "const secret = 'parley portal sessions, signed by cookies';",
    ...inside('attack/portal'),
  },
  {
    weakness: 'a member does what is for admins',
    file: 'identity/authorize.ts',
    find: "  if (role !== 'admin')\n",
    replace: '  if (role === undefined)\n',
    ...inside('attack/portal'),
  },
  {
    weakness: 'whoever is signed in is a member of every workspace',
    file: 'api/guards/portal-guards.ts',
    find: 'const role = await deps.members.roleOf(accountId, workspaceId);',
    replace: "const role = (await deps.members.roleOf(accountId, workspaceId)) ?? 'admin';",
    ...inside('attack/portal'),
  },
  {
    weakness: 'a member of another workspace is removed by their id',
    file: 'identity/accounts/members.ts',
    find: "        .deleteFrom('workspace_members')\n        .where('workspace_id', '=', workspaceId)\n",
    replace: "        .deleteFrom('workspace_members')\n        .where('workspace_id', '<>', '')\n",
    ...inside('attack/portal'),
  },
  {
    weakness: 'a device of another account is signed out by its id',
    file: 'identity/accounts/devices.ts',
    find: "      .where('id', '=', deviceId)\n      .where('user_id', '=', accountId)\n",
    replace: "      .where('id', '=', deviceId)\n      .where('user_id', '<>', accountId)\n",
    ...inside('attack/portal'),
  },
  {
    weakness: 'the inspection of a key tells of other workspaces',
    file: 'identity/inspect.ts',
    find: "principal.kind === 'operator-token' || principal.workspaceId !== workspaceId",
    replace: "principal.kind === 'operator-token'",
    ...inside('attack/portal'),
  },
  {
    weakness: 'answers of the portal may be read by pages of others',
    file: 'http/server.ts',
    find: 'if (!request.routeOptions.config.sameOrigin) reply.headers(CORS);',
    replace: 'reply.headers(CORS);',
    ...inside('attack/portal'),
  },
  {
    weakness: 'the portal is shown in a frame of others',
    file: 'api/portal/get-page.ts',
    find: '  "frame-ancestors \'none\'",\n',
    replace: '  "frame-ancestors *",\n',
    ...inside('attack/portal'),
  },
  {
    weakness: 'a browser says from which address it comes',
    file: 'api/guards/access.ts',
    find: '  address: ip,\n',
    replace: "  address: String(headers['x-client-address'] ?? ip),\n",
    ...inside('attack/portal'),
  },
  {
    weakness: 'passwords are guessed without end',
    file: 'api/portal/session.ts',
    find: '[limits.ofEmail, address.toLowerCase()],',
    replace: '[limits.ofEmail, address.toLowerCase() + Math.random()],',
    ...inside('attack/portal-input'),
  },
  {
    weakness: 'an invitation is good again and again',
    file: 'identity/accounts/invitations.ts',
    find: '  await used.execute();\n',
    replace: '  used.compile();\n',
    ...inside('conformance/portal/members'),
  },
  {
    weakness: 'an invitation for one address lets everybody in',
    file: 'identity/accounts/invitations.ts',
    find: 'if (offer.email !== null && offer.email !== account.email.toLowerCase()) {',
    replace: "if (offer.email === '' && offer.email !== account.email.toLowerCase()) {",
    ...inside('conformance/portal/members'),
  },
  {
    weakness: 'what a member opened outlives the membership',
    file: 'identity/accounts/members.ts',
    find: '      await revokePortalKeys(tx, { accountId, workspaceId });\n',
    replace: "      await revokePortalKeys(tx, { accountId, workspaceId: '' });\n",
    ...inside('conformance/portal/members'),
  },
  {
    weakness: 'one who was removed meanwhile goes on minting',
    file: 'identity/accounts/portal-key.ts',
    find: '          await requireMember(tx, accountId, workspaceId);\n',
    replace: "          if (accountId === '') await requireMember(tx, accountId, workspaceId);\n",
    suite: 'src/identity/accounts/portal-key.test.ts',
  },
  {
    weakness: 'a new password leaves other devices signed in',
    file: 'identity/accounts/accounts.ts',
    find: 'revokeOtherSessions: true',
    replace: 'revokeOtherSessions: false',
    ...inside('conformance/portal/accounts'),
  },
  {
    weakness: 'a browser that signs in keeps the session it had',
    file: 'api/portal/session.ts',
    find: "    await accounts.signOut(browserOf(request));\n    reply.header('set-cookie', [...cookies]);\n",
    replace: "    reply.header('set-cookie', [...cookies]);\n",
    ...inside('conformance/portal/accounts'),
  },
  {
    weakness: 'everybody makes an account where an invitation is needed',
    file: 'identity/accounts/registration.ts',
    find: "if (mode === 'open') return;",
    replace: "if (mode !== 'closed') return;",
    ...inside('conformance/portal/registration'),
  },
];
