import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Tests that need a part which does not come from npm. */
interface TierTwoSuite {
  readonly name: string;
  /** Names of its Vitest projects. */
  readonly projects: readonly string[];
  readonly part: string;
  readonly find: () => string | undefined;
  /** What brings the part on Debian. */
  readonly apt: string;
}

/** Suites of the second tier: run when their part is found, else listed; with `--all` a missing part is a failure. */
export const TIER_TWO: readonly TierTwoSuite[] = [
  {
    name: 'browser',
    projects: ['browser', 'browser-paced'],
    part: 'Chromium',
    find: findChromium,
    apt: 'apt-get install -y chromium',
  },
  {
    name: 'proxy',
    projects: ['proxy'],
    part: 'nginx and HAProxy',
    find: () => findProgram(['nginx']) && findProgram(['haproxy']),
    apt: 'apt-get install -y nginx-light haproxy',
  },
];

/** Path of the Chromium the browser tests drive, or undefined. */
export function findChromium(): string | undefined {
  return findProgram(['chromium', 'chromium-browser', 'google-chrome-stable']);
}

/** Path of the first of these programs that is installed, or undefined. */
export function findProgram(names: readonly string[]): string | undefined {
  // Debian puts servers where only root looks.
  const folders = `${process.env.PATH ?? ''}:/usr/sbin`
    .split(path.delimiter)
    .filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((name) => path.join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
