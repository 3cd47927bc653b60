import { defineConfig } from 'vitest/config';

/**
 * Real speech recognition takes seconds on two cores, and a hook may start a database and a server. Files share their
 * process: to load the modules again for each of them would take longer than most of the tests.
 */
const shared = {
  pool: 'forks',
  isolate: false,
  testTimeout: 120_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 10_000 } },
} as const;

const SHARED_POSTGRES = 'test/helpers/shared-postgres.ts';

/** Real-time speech at its own pace, and floods: what needs the machine runs two files at a time, and alone. */
const PACED = '*.paced.test.ts';

interface OverServer {
  readonly include: readonly string[];
  readonly groupOrder?: number;
  readonly maxWorkers: number;
}

/** Tests against the built server. */
const overServer = (name: string, { include, groupOrder = 0, maxWorkers }: OverServer) => ({
  test: {
    ...shared,
    name,
    include: [...include],
    ...(!name.endsWith('paced') && { exclude: [`**/${PACED}`] }),
    globalSetup: ['tools/fresh-build.ts', SHARED_POSTGRES],
    maxWorkers,
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    passWithNoTests: true,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/helpers/*.test.ts'],
          exclude: [`**/${PACED}`],
          globalSetup: SHARED_POSTGRES,
          maxWorkers: 5,
          sequence: { groupOrder: 0 },
        },
      },
      // Much of their time is waiting: for a server to start, for a lease to run out, for a callback that is made again.
      ...['conformance', 'chaos', 'attack', 'proxy'].map((name) =>
        overServer(name, { include: [`test/${name}/**/*.test.ts`], maxWorkers: 5 }),
      ),
      overServer('paced', {
        include: [`src/**/${PACED}`, `test/{attack,conformance}/**/${PACED}`],
        groupOrder: 1,
        maxWorkers: 2,
      }),
      overServer('browser-paced', { include: [`test/browser/**/${PACED}`], groupOrder: 1, maxWorkers: 2 }),
      // Each has a browser and a server of its own; most of their time is waiting for the page.
      overServer('browser', { include: ['test/browser/**/*.test.ts'], groupOrder: 2, maxWorkers: 4 }),
    ],
  },
});
