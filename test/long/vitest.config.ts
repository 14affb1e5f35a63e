import { defineConfig } from 'vitest/config';

/** Simulations, drills and the deploy test: one file at a time, with time to spare. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/long/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 600_000,
  },
});
