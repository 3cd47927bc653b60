import { join } from 'node:path';
import type { Options, Values } from '../base/option.ts';
import { clientOptions } from '../cli/options.ts';
import { OPTIONS } from './options.ts';
import { ConfigError, type Environment, readOptions } from './read-options.ts';

export { ConfigError } from './read-options.ts';

/** All settings, checked. */
export type Config = { readonly [K in keyof typeof OPTIONS]: Values<(typeof OPTIONS)[K]> } & {
  /** The PATH on which executables are looked for. */
  readonly searchPath: string | undefined;
};

/** Reads the environment; nothing else does. Throws `ConfigError`. */
export function loadConfig(environment: Environment = process.env): Config {
  refuseUnknown(environment);
  const groups = Object.entries(OPTIONS).map(([group, options]) => [
    group,
    readOptions(options, environment),
  ]);
  const config = { ...Object.fromEntries(groups), searchPath: environment.PATH } as Config;
  refuseOpenDoor(config);
  refuseHalfProvider(config);
  refuseLonePart(config);
  return Object.freeze(config);
}

/** Where the peppers of key digests are. */
export const pepperFileOf = ({ identity, app }: Config): string =>
  identity.pepperFile ?? join(app.dataDir, 'pepper');

/** A misspelt setting would silently be the default. */
function refuseUnknown(environment: Environment): void {
  const groups: Options[] = [...Object.values(OPTIONS), clientOptions];
  const known = new Set(groups.flatMap((options) => Object.values(options).map(({ env }) => env)));
  const unknown = Object.keys(environment).find((name) => name.startsWith('PARLEY_') && !known.has(name));
  if (unknown) throw new ConfigError(`${unknown} is not a setting of Parley`);
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Keys must not cross a network in the clear by accident. */
function refuseOpenDoor({ http }: Config): void {
  if ((http.tlsCert === undefined) !== (http.tlsKey === undefined)) {
    throw new ConfigError('PARLEY_TLS_CERT and PARLEY_TLS_KEY must be set together');
  }
  if (!LOOPBACK.test(http.host) && http.tlsCert === undefined && !http.allowPlaintext) {
    throw new ConfigError(
      `PARLEY_HOST ${http.host} is reachable from outside: set PARLEY_TLS_CERT and PARLEY_TLS_KEY, or PARLEY_ALLOW_PLAINTEXT=1 when something in front ends TLS`,
    );
  }
}

/** A provider without its secret, or that does not know where to send people back, would only fail at sign-in. */
function refuseHalfProvider({ identity }: Config): void {
  const { oidcIssuer, oidcClientId, oidcClientSecretFile, portalUrl } = identity;
  if (portalUrl !== undefined && !/^https?:\/\/[^/]+$/.test(portalUrl)) {
    throw new ConfigError(`PARLEY_PORTAL_URL must be like https://portal.example.com, not "${portalUrl}"`);
  }
  if (oidcIssuer === undefined) return;
  if (!URL.canParse(oidcIssuer)) {
    throw new ConfigError(`PARLEY_OIDC_ISSUER must be a URL, not "${oidcIssuer}"`);
  }
  if (oidcClientId === undefined || oidcClientSecretFile === undefined || portalUrl === undefined) {
    throw new ConfigError(
      'PARLEY_OIDC_ISSUER needs PARLEY_OIDC_CLIENT_ID, PARLEY_OIDC_CLIENT_SECRET_FILE and PARLEY_PORTAL_URL',
    );
  }
}

/** An embedded database is of one process, so nobody would do what this node does not. */
function refuseLonePart({ app, db }: Config): void {
  if (app.roles.length === OPTIONS.app.roles.defaultValue.length || db.url !== undefined) return;
  throw new ConfigError(
    `PARLEY_ROLES ${app.roles.join(',')} needs PARLEY_DATABASE_URL: an embedded database is of one process, which does everything`,
  );
}
