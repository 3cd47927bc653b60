import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

/** `portal/src/api/schema.d.ts`: the types of the API as the committed `docs/api/openapi.json` describes it. */
export function portalTypes(): string {
  const { resolve } = createRequire(path.resolve('portal/package.json'));
  const generator = path.join(path.dirname(resolve('openapi-typescript/package.json')), 'bin/cli.js');
  const types = run(process.execPath, [generator, 'docs/api/openapi.json']);
  return run('biome', ['format', '--stdin-file-path=portal/src/api/schema.d.ts'], types);
}

function run(command: string, args: readonly string[], input?: string): string {
  const { stdout, stderr, status } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 16_000_000,
  });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr}`);
  return stdout;
}
