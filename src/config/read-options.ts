import { OptionError, type Options, type Values } from '../base/option.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that stops the start, in a sentence that names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** The values of a set of options; an empty variable counts as unset. Throws `ConfigError`. */
export function readOptions<S extends Options>(options: S, environment: Environment): Values<S> {
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
