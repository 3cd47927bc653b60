import { createRequire } from 'node:module';

/** The version of this installation, from its package. */
export const VERSION: string = createRequire(import.meta.url)('../../package.json').version;
