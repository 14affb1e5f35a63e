import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { instrument } from './instrument.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** `npm run trips`: how many files a reader visits on the way from a sample to a card, and from a click to an outcome. */
export default defineConfig({
  plugins: [instrument(root)],
  test: { root, include: ['test/bench/trips/*.trips.ts'], reporters: ['dot'], testTimeout: 60_000 },
});
