import type { Values } from '../base/option.ts';
import { clientOptions } from '../cli/options.ts';
import { type Environment, readOptions } from './read-options.ts';

/** What a command that uses a server is told by the environment. Settings of the server are not even read. */
export const loadClientConfig = (environment: Environment = process.env): Values<typeof clientOptions> =>
  readOptions(clientOptions, environment);
