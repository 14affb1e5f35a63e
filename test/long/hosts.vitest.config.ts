import { defineConfig } from 'vitest/config';

/** Runbooks on a real Laravel host: one file at a time, because two php-fpm of one name cannot be told apart. */
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: ['test/long/hosts/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
