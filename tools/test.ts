// `npm test`: checks, unit, integration, end to end and browser tests, one after the other; ends with one line of sums.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pc from 'picocolors'
import { check } from './check.ts'
import { root } from './platform/home.ts'
import { buildPortal } from './platform/portal.ts'
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

const suites: readonly { projects: readonly string[]; words: string }[] = [
  { projects: ['unit'], words: 'Unit' },
  { projects: ['int'], words: 'Integration: real PostgreSQL, NATS, git, chDB' },
  // Each file brings up a platform of its own, and mostly waits for it: two at a time fill two cores.
  { projects: ['e2e', 'browser'], words: 'End to end: the whole platform, as a user and in Chromium' },
]

mkdirSync(reports, { recursive: true })
const only = process.argv.slice(2)
const total: Counts = { passed: 0, failed: 0, skipped: 0 }
const add = ({ passed, failed, skipped = 0 }: Partial<Counts>): void => {
  total.passed += passed ?? 0
  total.failed += failed ?? 0
  total.skipped += skipped
}

if (only.length === 0 || only.includes('check')) {
  heading('Checks')
  add(await check())
}
for (const { projects, words } of suites) {
  const wanted = projects.filter((project) => only.length === 0 || only.includes(project))
  if (wanted.length === 0) continue
  heading(words)
  if (wanted.includes('e2e') || wanted.includes('browser')) await buildPortal()
  add(await suite(wanted))
}
if (total.skipped > 0 && process.env['PLINTH_NO_SKIPS'] === '1') {
  process.stdout.write(pc.red('\nTests were skipped, and here none may be.\n'))
  total.failed += 1
}
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}\n`,
)
process.exit(total.failed === 0 ? 0 : 1)
