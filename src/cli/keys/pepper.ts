import { Command } from 'commander';
import { pepperFileOf } from '../../config/load.ts';
import { addPepper, useNewestPepper } from '../../identity/secrets/pepper-file.ts';
import { withConfig } from '../terminal/with-config.ts';

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
const edit = (change: (path: string) => Promise<void>, done: string): Promise<void> =>
  withConfig(async (config) => {
    await change(pepperFileOf(config));
    console.log(done);
  });
