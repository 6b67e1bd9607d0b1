import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** unit: `x.test.ts`, nothing but the process. int: `x.int.test.ts`, real PostgreSQL and NATS, started once. */
export default defineConfig({
  root,
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{libs,apps,tools}/**/src/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.{int,e2e,browser}.test.ts', '**/templates/**'],
        },
      },
      {
        test: {
          name: 'int',
          include: ['{libs,apps,tools}/**/*.int.test.ts'],
          exclude: ['**/node_modules/**', '**/templates/**'],
          globalSetup: ['libs/testkit/src/global-setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
})
