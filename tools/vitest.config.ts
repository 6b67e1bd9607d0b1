import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const exclude = ['**/node_modules/**', '**/dist/**', '**/templates/**']

/** The long ones first, so that at the end no worker waits for another. */
const longest = [
  'golden-path.e2e',
  'e2e/portal.browser',
  'test/portal.browser',
  'test/access.browser',
  'hostile-input.e2e',
  'kill.int',
  'runner.int',
  'workloads.int',
  'leased-queue.int',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((part) => moduleId.includes(part))
      return at === -1 ? longest.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}

/** Four kinds of tests, by the ending of their file's name; `tools/test.ts` runs them in this order. */
export default defineConfig({
  root,
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Nothing but the process.
        root,
        test: {
          name: 'unit',
          include: ['{libs,apps}/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: [...exclude, '**/*.{int,e2e,browser}.test.ts'],
          maxWorkers: 2,
          // A worker keeps what it has imported: loading it anew for each file took more time than the tests.
          isolate: false,
        },
      },
      {
        // One service on real PostgreSQL and NATS, started once for all files.
        root,
        test: {
          name: 'int',
          include: ['{libs,apps,tools}/**/*.int.test.ts'],
          exclude,
          globalSetup: ['libs/testkit/src/global-setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          // What these wait, a quarter of the time, the checks use that run beside them.
          maxWorkers: 3,
          isolate: false,
        },
      },
      {
        // All processes, through the CLI, git and HTTP only.
        root,
        test: {
          name: 'e2e',
          include: ['tools/e2e/**/*.e2e.test.ts'],
          exclude,
          globalSetup: ['tools/e2e/portal-built.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
      {
        // The portal in Chromium.
        root,
        test: {
          name: 'browser',
          include: ['apps/portal/test/**/*.browser.test.ts', 'tools/e2e/**/*.browser.test.ts'],
          exclude,
          globalSetup: ['tools/e2e/portal-built.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
        },
      },
    ],
  },
})
