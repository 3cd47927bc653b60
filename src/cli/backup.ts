import { Command } from 'commander';
import { withConfig } from './terminal/with-config.ts';

export const backupCommand = (): Command =>
  new Command('backup')
    .argument('<file>', 'where to write it; a .tar.gz that must not exist yet')
    .option('--without-files', 'leave out the audio and transcripts of jobs')
    .action((file: string, { withoutFiles }: { withoutFiles?: true }) =>
      withConfig(async (config) => {
        const { backUp } = await import('../app/backup/transfer.ts');
        const { rows, files } = await backUp(config, file, { withFiles: withoutFiles !== true });
        console.log(`${file} holds ${rows} rows and ${files} files. Keep the pepper file apart from it.`);
      }),
    );

export const restoreCommand = (): Command =>
  new Command('restore').argument('<file>', 'what parley backup has written').action((file: string) =>
    withConfig(async (config) => {
      const { restore } = await import('../app/backup/transfer.ts');
      const { rows, files } = await restore(config, file);
      console.log(`${rows} rows and ${files} files were restored.`);
    }),
  );
