import { defineConfig } from 'vitest/config'

// Two suites: `unit` is the fast one inside `npm run ok`; `system` starts real processes, brokers and a browser.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 20_000,
          pool: 'threads',
          // All cores: by default one of two would rest.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          pool: 'forks',
          fileParallelism: false,
        },
      },
    ],
  },
})
