import { access, readFile } from 'node:fs/promises';
import type { Logger } from '../base/log.ts';
import { type Config, ConfigError, pepperFileOf } from '../config/load.ts';
import type { Database } from '../db/database.ts';
import { createPeople, type People } from '../identity/accounts/people.ts';
import { type ApiKeys, createApiKeys } from '../identity/api-keys/api-key.ts';
import { createKeyCache, type KeyCache } from '../identity/api-keys/key-cache.ts';
import { createLastUsed, type LastUsed } from '../identity/api-keys/last-used.ts';
import { type AuditLog, createAuditLog } from '../identity/audit/audit-log.ts';
import { type Change, createChange } from '../identity/audit/change.ts';
import { createRefusals, type Refusals } from '../identity/audit/refusals.ts';
import { type Authenticate, createAuthenticate } from '../identity/authenticate.ts';
import { createInspectKey, type InspectKey } from '../identity/inspect.ts';
import { type GithubKeys, readGithubKeys } from '../identity/leaks/github-report.ts';
import { createLeaks, type Leaks } from '../identity/leaks/revoke-leaked.ts';
import { appliedHere } from '../identity/nodes/applied-change.ts';
import { createNodeList, type NodeList } from '../identity/nodes/list.ts';
import { type Node, startNode } from '../identity/nodes/node.ts';
import { createReceipts, type Receipts } from '../identity/nodes/receipt.ts';
import { createObjectTokens, type ObjectTokens } from '../identity/object-token.ts';
import { loadPepper, type Pepper, type Sealer } from '../identity/secrets/pepper.ts';
import { sha256Of } from '../identity/secrets/secret.ts';
import { createStanding, type Standing } from '../identity/standing.ts';
import { createSigningKeys, type SigningKeys } from '../identity/temporary-keys/signing-key.ts';
import { createTemporaryKeys, type TemporaryKeys } from '../identity/temporary-keys/temporary-key.ts';
import { createManagementTokens, type ManagementTokens } from '../identity/workspaces/admin-token.ts';
import { type ClientRefs, createClientRefs } from '../identity/workspaces/client-ref.ts';
import { createOperatorTokens, type OperatorTokens } from '../identity/workspaces/operator-token.ts';
import { createProjects, type Projects } from '../identity/workspaces/project.ts';
import { createWorkspaces, type Workspaces } from '../identity/workspaces/workspace.ts';
import type { Topology } from '../regions/topology.ts';
import type { Place } from '../replication/place.ts';
import { bootstrap, writeBootstrap } from './bootstrap.ts';
import type { Closers } from './closers.ts';

export interface Identity extends People {
  readonly apiKeys: ApiKeys;
  readonly keyCache: Pick<KeyCache, 'figures'>;
  readonly projects: Projects;
  readonly clientRefs: ClientRefs;
  readonly workspaces: Workspaces;
  readonly managementTokens: ManagementTokens;
  readonly operatorTokens: OperatorTokens;
  readonly node: Node;
  readonly nodeList: NodeList;
  readonly receipts: Receipts;
  readonly lastUsed: LastUsed;
  readonly change: Change;
  readonly refusals: Refusals;
  readonly audit: AuditLog;
  readonly leaks: Leaks;
  readonly githubKeys: GithubKeys | undefined;
  readonly signingKeys: SigningKeys;
  readonly temporaryKeys: TemporaryKeys;
  readonly objectTokens: ObjectTokens;
  /** Of secrets that submitters hand over with a job. */
  readonly jobSealer: Sealer;
  readonly authenticate: Authenticate;
  readonly inspectKey: InspectKey;
  /** Of the pepper that new keys are made with. */
  readonly pepperFingerprint: string;
  readonly standing: Standing;
}

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly topology: Topology;
  readonly place: Place;
}

/** The peppers of the configured file. Throws `ConfigError` when the setting leads to none. */
const openPepper = (config: Config): Promise<Pepper> =>
  loadPepper(pepperFileOf(config)).catch((error: Error) => {
    const isSet = config.identity.pepperFile !== undefined;
    throw isSet ? new ConfigError(`PARLEY_PEPPER_FILE: ${error.message}`) : error;
  });

/** Likewise, where a new pepper would fit no key: none is made. */
export async function openExistingPepper(config: Config): Promise<Pepper> {
  const path = pepperFileOf(config);
  await access(path).catch(() => {
    throw new Error(`there is no pepper file at ${path}; put the one of the installation there first`);
  });
  return openPepper(config);
}

/** What shows whether two places have the same pepper, and nothing else of it; one for each, the current one first. */
export const fingerprintsOf = (pepper: Pepper): string[] =>
  pepper.digests(sha256Of('parley backup')).map((digest) => digest.toString('hex'));

/** Everything that decides who a caller is; at the first start of a database it also makes the first credentials. */
export async function openIdentity(
  { config, log, database, topology, place }: Parts,
  closers: Closers,
): Promise<Identity> {
  const { sql } = database;
  const { identity: options, app, regions } = config;
  const pepper = await openPepper(config);
  requireSamePepper(pepper, place);
  const committed = createChange(sql, pepper, (entry) => log.info(entry, 'audit'));
  // Elsewhere nobody would look for the first credentials, and nothing could be done with them.
  if (app.roles.includes('control'))
    await bootstrap({ sql, pepper, change: committed, regions: topology.regions }, (secrets) =>
      writeBootstrap(app.dataDir, secrets),
    );
  const node = await startNode(database, {
    environments: [...topology.environmentNames].filter(topology.serves),
    roles: app.roles,
    leaseMs: options.leaseSeconds * 1_000,
  });
  closers.add(() => node.stop());
  const change = appliedHere(committed, node);
  const { clock } = node;
  const lastUsed = createLastUsed(sql, clock);
  closers.add(() => lastUsed.stop());
  const refusals = createRefusals({ sql, change: committed, clock, log });
  closers.add(() => refusals.stop());
  const keyCache = createKeyCache({ sql, pepper, node, maxKeys: options.keyCacheSize });
  const signingKeys = await createSigningKeys({
    sql,
    pepper,
    change,
    node,
    clock,
    options: {
      algorithm: options.signingAlgorithm,
      maxTtlSeconds: options.maxTtlSeconds,
      regions: topology.regions,
      makesFirst: app.roles.includes('control'),
    },
  });
  const temporaryKeys = createTemporaryKeys({
    signingKeys,
    topology,
    clock,
    options: {
      issuer: `https://mp.${regions.domain}`,
      enforceRegion: options.region === 'enforced',
      supportContact: options.supportContact,
    },
  });
  const standing = createStanding({ node, keyCache, signingKeys, clock });
  closers.add(() => standing.stop());
  const authenticate = createAuthenticate({ sql, pepper, node, keyCache, temporaryKeys, clock });
  return {
    ...createPeople({
      sql,
      pepper,
      change,
      log,
      registration: options.registration,
      url: options.portalUrl ?? `${config.http.tlsCert === undefined ? 'http' : 'https'}://localhost`,
      regions: topology.regions,
      provider: await readProvider(options),
    }),
    standing,
    keyCache,
    apiKeys: createApiKeys({ sql, pepper, change }),
    projects: createProjects({ sql, change }),
    clientRefs: createClientRefs({ change, clock }),
    workspaces: createWorkspaces({ sql, change }),
    managementTokens: createManagementTokens({ sql, pepper, change }),
    operatorTokens: createOperatorTokens({ sql, pepper, change }),
    signingKeys,
    temporaryKeys,
    jobSealer: pepper.sealer('parley job secrets'),
    objectTokens: createObjectTokens({ pepper, keyCache, topology, clock }),
    authenticate,
    inspectKey: createInspectKey(authenticate),
    node,
    nodeList: createNodeList({ sql }),
    receipts: await createReceipts(database),
    lastUsed,
    change,
    refusals,
    audit: createAuditLog({ sql, pepper, refusals }),
    leaks: createLeaks({ sql, pepper, change }),
    githubKeys: await openGithubKeys(options.githubScanningKeysFile),
    pepperFingerprint: fingerprintsOf(pepper)[0] ?? '',
  };
}

/** Of an environment, whose keys were made with the control plane's. */
function requireSamePepper(pepper: Pepper, { environment, pepperFingerprint }: Place): void {
  if (pepperFingerprint === undefined || fingerprintsOf(pepper).includes(pepperFingerprint)) return;
  throw new ConfigError(
    `PARLEY_PEPPER_FILE must be that of the control plane, or ${environment} would know none of its keys`,
  );
}

async function readProvider({ oidcIssuer: issuer, oidcClientId: clientId, ...options }: Config['identity']) {
  const file = options.oidcClientSecretFile;
  if (issuer === undefined || clientId === undefined || file === undefined) return undefined;
  return { issuer, clientId, clientSecret: (await readFile(file, 'utf8')).trim() };
}

async function openGithubKeys(file: string | undefined): Promise<GithubKeys | undefined> {
  if (file === undefined) return undefined;
  return readGithubKeys(file).catch((error: Error) => {
    throw new ConfigError(`PARLEY_GITHUB_SCANNING_KEYS_FILE: ${error.message}`);
  });
}
