/** Child process of `embedded.ts`: receives a directory, initialises it and exits. */
import { PGlite } from '@electric-sql/pglite';

process.once('message', async (directory: string) => {
  const pglite = await PGlite.create(directory);
  await pglite.close();
  process.exit(0);
});
