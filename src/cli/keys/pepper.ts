import { join } from 'node:path';
import { Command } from 'commander';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { addPepper, useNewestPepper } from '../../identity/secrets/pepper-file.ts';

const EXIT = { done: 0, notDone: 2, config: 78 } as const;

export const pepperCommand = (): Command =>
  new Command('pepper')
    .addCommand(
      new Command('add')
        .description('add a new pepper to the file, not in use yet; then start every node again')
        .action(() =>
          edit(addPepper, 'A new pepper was added. Start every node with this file, then: parley pepper use'),
        ),
    )
    .addCommand(
      new Command('use')
        .description('make the newest pepper the one in use; every node must know it already')
        .action(() =>
          edit(useNewestPepper, 'The newest pepper is in use once the nodes are started with this file.'),
        ),
    );

/** Changes the pepper file of the settings. */
async function edit(change: (path: string) => Promise<void>, done: string): Promise<void> {
  try {
    const { identity, app } = loadConfig();
    await change(identity.pepperFile ?? join(app.dataDir, 'pepper'));
    console.log(done);
    process.exitCode = EXIT.done;
  } catch (error) {
    console.error(`parley: ${(error as Error).message}`);
    process.exitCode = error instanceof ConfigError ? EXIT.config : EXIT.notDone;
  }
}
