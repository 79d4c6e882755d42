import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Many tests wait for processes and sockets, so a core that is kept for vitest itself would idle. */
const LEAST_WORKERS = 2;

export default defineConfig({
  test: {
    maxWorkers: Math.max(LEAST_WORKERS, availableParallelism() - 1),
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/fixed-seed.ts', 'test/overheard-after-each.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
