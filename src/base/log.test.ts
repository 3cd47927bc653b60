import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const LOG = fileURLToPath(new URL('./log.ts', import.meta.url));

/** The lines of a program that makes a log and does this with it. */
async function lines(code: string): Promise<Record<string, unknown>[]> {
  const program = `import { createLogger, unredacted } from ${JSON.stringify(LOG)};
    const log = createLogger('info');
    ${code}`;
  const options = ['--import', 'tsx', '--input-type=module', '-e', program];
  // A program may end with an error; what it printed counts.
  const { stdout } = await run(process.execPath, options).catch((error: { stdout: string }) => error);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

it('is written whole and in order, also when the program exits or dies', async () => {
  const count = `for (let n = 0; n < 2000; n += 1) log.info(String(n));`;
  const expected = Array.from({ length: 2_000 }, (_, n) => String(n));
  for (const end of ['', 'process.exit(1);', `throw new Error('died');`]) {
    expect((await lines(`${count} ${end}`)).map(({ msg }) => msg)).toEqual(expected);
  }
});

it('shows no headers that a library passes, and does not look through lines of ours', async () => {
  const [theirs, ours] = await lines(`
    log.info({ request: { headers: { cookie: 'secret' } }, authorization: 'Basic' }, 'theirs');
    unredacted(log).info({ route: { headers: 3 } }, 'ours');`);
  expect(JSON.stringify(theirs)).not.toContain('secret');
  expect(ours).toMatchObject({ msg: 'ours', route: { headers: 3 } });
});
