import { OptionError, type Options, type Values } from '../base/option.ts';
import { OPTIONS } from './options.ts';

/** All settings, checked. */
export type Config = { readonly [K in keyof typeof OPTIONS]: Values<(typeof OPTIONS)[K]> } & {
  /** The PATH on which executables are looked for. */
  readonly searchPath: string | undefined;
};

/** A setting that stops the start, in a sentence that names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the environment; nothing else does. Throws `ConfigError`. */
export function loadConfig(environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  refuseUnknown(environment);
  const groups = Object.entries(OPTIONS).map(([group, options]) => [group, readGroup(options, environment)]);
  const config = { ...Object.fromEntries(groups), searchPath: environment.PATH } as Config;
  refuseOpenDoor(config);
  return Object.freeze(config);
}

function readGroup(options: Options, environment: Readonly<Record<string, string | undefined>>) {
  const values = Object.entries(options).map(([name, option]) => {
    const text = environment[option.env];
    if (text === undefined || text === '') return [name, option.defaultValue];
    try {
      return [name, option.parse(text)];
    } catch (error) {
      if (error instanceof OptionError) throw new ConfigError(`${option.env} ${error.message}`);
      throw error;
    }
  });
  return Object.freeze(Object.fromEntries(values));
}

/** A misspelt setting would silently be the default. */
function refuseUnknown(environment: Readonly<Record<string, string | undefined>>): void {
  const known = new Set(
    Object.values(OPTIONS).flatMap((options: Options) => Object.values(options).map(({ env }) => env)),
  );
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
