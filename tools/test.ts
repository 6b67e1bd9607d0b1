// `npm test`: unit, integration, end to end and browser tests, one after the other, and the checks beside the first two,
// which often wait; ends with one line of sums.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pc from 'picocolors'
import { check } from './check.ts'
import { root } from './platform/home.ts'
import { run } from './run.ts'

type Counts = { passed: number; failed: number; skipped: number }
type Report = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  numFailedTestSuites: number
  success: boolean
}

const heading = (words: string): void => void process.stdout.write(`\n${pc.bold(words)}\n`)
const reports = join(root, 'node_modules', '.cache', 'plinth-test')

/** Vitest projects in one run, their counts read from its JSON report; a run that broke before it reported counts as one failure. */
async function suite(projects: readonly string[]): Promise<Counts> {
  const project = projects.join('-')
  const report = join(reports, `${project}.json`)
  rmSync(report, { force: true })
  const began = Date.now()
  const args = [
    'run',
    '--config',
    'tools/vitest.config.ts',
    ...projects.flatMap((name) => ['--project', name]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]
  const { code } = await run('vitest', args, { show: true })
  process.stdout.write(pc.dim(`  ${project}: ${((Date.now() - began) / 1000).toFixed(0)} s\n`))
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 }
  const said = JSON.parse(readFileSync(report, 'utf8')) as Report
  const failed = Math.max(said.numFailedTests, code === 0 ? 0 : 1)
  return { passed: said.numPassedTests, failed, skipped: said.numPendingTests + said.numTodoTests }
}

const only = process.argv.slice(2)
const isWanted = (name: string): boolean => only.length === 0 || only.includes(name)

let said = ''
/** They yield to the unit and integration tests and fill the time that those wait; shown once all of it is there. */
const checks = isWanted('check') ? check((text) => void (said += text), true) : undefined

type Part = { names: readonly string[]; words: string; end?: () => Promise<Partial<Counts>> }
const parts: readonly Part[] = [
  { names: ['unit'], words: 'Unit' },
  { names: ['int'], words: 'Integration: real PostgreSQL, NATS, git, chDB' },
  {
    names: ['check'],
    words: 'Checks',
    end: async () => {
      const checked = await checks
      process.stdout.write(said)
      return checked ?? {}
    },
  },
  // Two files at a time, each with a platform of its own or Chromium, keep two cores busy.
  { names: ['e2e', 'browser'], words: 'End to end: the whole platform, as a user and in Chromium' },
]

mkdirSync(reports, { recursive: true })
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
for (const { names, words, end } of parts) {
  const wanted = names.filter(isWanted)
  if (wanted.length === 0) continue
  heading(words)
  const { passed = 0, failed = 0, skipped = 0 } = await (end ? end() : suite(wanted))
  total.passed += passed
  total.failed += failed
  total.skipped += skipped
}
if (total.skipped > 0 && process.env['PLINTH_NO_SKIPS'] === '1') {
  process.stdout.write(pc.red('\nTests were skipped, and here none may be.\n'))
  total.failed += 1
}
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
)
process.exit(total.failed === 0 ? 0 : 1)
