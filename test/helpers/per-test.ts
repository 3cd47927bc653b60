import { expect, onTestFinished } from 'vitest';
import { leashedDirectory } from './leash.ts';
import { type RunningServer, startServer } from './server.ts';

/** Parts of one test: they end with it, the last one first. */

/** A temporary directory, for a server that is started more than once. */
export function temporaryDirectory(): string {
  const made = leashedDirectory('parley-data-');
  onTestFinished(() => made.remove());
  return made.path;
}

export async function serverOfTest(options?: Parameters<typeof startServer>[0]): Promise<RunningServer> {
  const server = await startServer(options);
  onTestFinished(async () => {
    await server.stop();
  });
  return server;
}

/** As a loss of power does, but for what the disk has not written. */
export async function killServer(server: RunningServer): Promise<void> {
  server.kill('SIGKILL');
  expect(await server.stop()).toBe(137);
}
