import { defineConfig } from 'vitest/config';

/** Runbooks on real Laravel hosts. They wait more than they work, so there are more at a time than a small machine has cores. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/long/hosts/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 4,
    sequence: { shuffle: true },
    testTimeout: 600_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 600_000,
  },
});
