import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

/** Stands between the test and an engine process, so that the test can kill the engine's parent. */
const PARENT = `
  import { Host } from ${JSON.stringify(new URL('./host.ts', import.meta.url).href)};
  const host = await Host.start({ name: 'scripted', settings: { threads: 1 } });
  process.send(host.pid);
`;

it('ends when its parent is killed', async () => {
  const execArgv = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', PARENT];
  const parent = fork(fileURLToPath(import.meta.url), { execArgv });
  const [pid] = await once(parent, 'message');
  expect(() => process.kill(pid, 0)).not.toThrow();
  parent.kill('SIGKILL');
  await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
