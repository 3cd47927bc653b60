// Compares the generated pages with the committed ones; `--write` refreshes them instead.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { configurationPage } from './docs/configuration-page.ts';
import { errorsPage } from './docs/errors-page.ts';
import { openapiPage } from './docs/openapi-page.ts';
import { portalTypes } from './docs/portal-types.ts';

/** Every generated file: where it is committed and the function that returns its text; each may read those before it. */
const PAGES: readonly { file: string; generate: () => string | Promise<string> }[] = [
  { file: 'docs/errors.md', generate: errorsPage },
  { file: 'docs/configuration.md', generate: configurationPage },
  { file: 'docs/api/openapi.json', generate: openapiPage },
  { file: 'portal/src/api/schema.d.ts', generate: portalTypes },
];

const mustWrite = process.argv.includes('--write');
for (const { file, generate } of PAGES) {
  const expected = await generate();
  if (mustWrite) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, expected);
  } else if (expected !== read(file)) {
    console.error(`${file} is stale: run \`npm run docs\` and commit it`);
    process.exitCode = 1;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
