import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Forks the module `specifier` that lies beside `importMetaUrl`, written as in an import of the source
 * (`./child.ts`). Built code runs its `.js` twin; source run by the tests goes through `tsx`.
 */
export function forkModule(
  importMetaUrl: string,
  specifier: string,
  options: ForkOptions = {},
): ChildProcess {
  const { execArgv, path } = moduleProgram(importMetaUrl, specifier);
  return fork(path, { ...options, execArgv: [...(options.execArgv ?? []), ...execArgv] });
}

/** The same module as a program for `spawn`: `node ...execArgv path`, without the channel that `fork` opens. */
export function moduleProgram(
  importMetaUrl: string,
  specifier: string,
): { execArgv: string[]; path: string } {
  const fromSource = importMetaUrl.endsWith('.ts');
  const url = new URL(fromSource ? specifier : specifier.replace(/\.ts$/, '.js'), importMetaUrl);
  return { execArgv: fromSource ? ['--import', import.meta.resolve('tsx')] : [], path: fileURLToPath(url) };
}
