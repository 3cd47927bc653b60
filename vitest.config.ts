import { defineConfig } from 'vitest/config';

/** Real speech recognition takes seconds on two cores, and a hook may start a database and a server. */
const shared = { pool: 'forks', testTimeout: 120_000, hookTimeout: 180_000 } as const;

/** Tests against the built server, each order group by itself. */
const overServer = (name: string, groupOrder: number, maxWorkers = 2) => ({
  test: {
    ...shared,
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: 'tools/fresh-build.ts',
    maxWorkers,
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    passWithNoTests: true,
    maxWorkers: 3,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/*.test.ts', 'test/helpers/*.test.ts'],
          globalSetup: 'test/helpers/shared-postgres.ts',
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      // Much of their time is waiting: for a server to start, for a lease to run out, for a callback that is made again.
      overServer('conformance', 1, 3),
      overServer('chaos', 1, 3),
      // Its load tests need the machine.
      overServer('attack', 2),
      overServer('browser', 3),
    ],
  },
});
