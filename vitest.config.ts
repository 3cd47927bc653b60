import { defineConfig } from 'vitest/config';

/** Real speech recognition takes seconds on two cores, and a hook may start a database and a server. */
const shared = { pool: 'forks', testTimeout: 60_000, hookTimeout: 120_000 } as const;

/** Tests against the built server, each order group by itself. */
const overServer = (name: string, groupOrder: number) => ({
  test: {
    ...shared,
    name,
    include: [`test/${name}/**/*.test.ts`],
    globalSetup: 'tools/fresh-build.ts',
    // Much of their time is waiting: for a server to start, for a lease to run out.
    maxWorkers: 3,
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
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      overServer('conformance', 1),
      overServer('attack', 2),
      overServer('chaos', 3),
      overServer('browser', 4),
    ],
  },
});
