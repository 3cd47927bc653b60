import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Forks the module `specifier` that lies beside `importMetaUrl`, written as in an import of the source
 * (`./child.ts`). Built code runs its `.js` twin; source run by the tests goes through `tsx`.
 */
export function forkModule(importMetaUrl: string, specifier: string, options: ForkOptions = {}): ChildProcess {
  const fromSource = importMetaUrl.endsWith('.ts');
  const url = new URL(fromSource ? specifier : specifier.replace(/\.ts$/, '.js'), importMetaUrl);
  const execArgv = [...(options.execArgv ?? []), ...(fromSource ? ['--import', import.meta.resolve('tsx')] : [])];
  return fork(fileURLToPath(url), { ...options, execArgv });
}
