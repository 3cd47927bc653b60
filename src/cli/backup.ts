import { Command } from 'commander';
import { ConfigError, loadConfig } from '../config/load.ts';

const EXIT = { done: 0, notDone: 2, config: 78 } as const;

export const backupCommand = (): Command =>
  new Command('backup')
    .argument('<file>', 'where to write it; a .tar.gz that must not exist yet')
    .option('--without-files', 'leave out the audio and transcripts of jobs')
    .action((file: string, { withoutFiles }: { withoutFiles?: true }) =>
      orSayWhy(async () => {
        const { backUp } = await import('../app/backup/transfer.ts');
        const { rows, files } = await backUp(loadConfig(), file, { withFiles: withoutFiles !== true });
        console.log(`${file} holds ${rows} rows and ${files} files. Keep the pepper file apart from it.`);
      }),
    );

export const restoreCommand = (): Command =>
  new Command('restore').argument('<file>', 'what parley backup has written').action((file: string) =>
    orSayWhy(async () => {
      const { restore } = await import('../app/backup/transfer.ts');
      const { rows, files } = await restore(loadConfig(), file);
      console.log(`${rows} rows and ${files} files were restored.`);
    }),
  );

async function orSayWhy(command: () => Promise<void>): Promise<void> {
  try {
    await command();
    process.exitCode = EXIT.done;
  } catch (error) {
    console.error(`parley: ${(error as Error).message}`);
    process.exitCode = error instanceof ConfigError ? EXIT.config : EXIT.notDone;
  }
}
