import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import pc from 'picocolors'
import { wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, count, show, table, type Output } from '../output.ts'
import { connect, type Api } from '../session.ts'
import { projectFrom, targetFrom } from '../target.ts'

type Listing = 'failing' | 'slow' | 'flaky' | 'quarantined'
type Test = Awaited<ReturnType<Api['listRepositoryTests']>>['items'][number]
type Detail = Awaited<ReturnType<Api['getRepositoryTest']>>
type Comparison = Awaited<ReturnType<Api['comparePipelineTests']>>
type Compared = Comparison['fixed']['items'][number]

const duration = (ms: number | undefined): string =>
  ms === undefined ? '-' : ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`

const named = ({ suite, name }: { suite: string; name: string }): string =>
  suite === '' ? name : `${pc.dim(suite)} ${name}`

const signs = ({ flaky, quarantine }: Test): string =>
  [flaky ? pc.yellow('flaky') : '', quarantine ? `quarantined until ${quarantine.expiresAt.slice(0, 10)}` : '']
    .filter((sign) => sign !== '')
    .join(', ')

const testsText = (items: readonly Test[], none: string): string =>
  items.length === 0
    ? none
    : table(
        ['TEST', 'FAILED', 'TAKES', 'FAILS SINCE', '', ''],
        items.map((test) => [
          named(test),
          `${test.failures} of ${test.runs}`,
          duration(test.meanMs),
          test.failingSince === undefined ? '-' : ago(test.failingSince),
          signs(test),
          pc.dim(test.id),
        ]),
      )

const none: Readonly<Record<Listing, string>> = {
  failing: 'No test fails on the default branch.',
  slow: 'No test has passed yet.',
  flaky: 'No test is flaky.',
  quarantined: 'No test is in quarantine.',
}

async function listed(text: string | undefined, listing: Listing, limit: number): Promise<{ items: Test[] }> {
  const { project, component } = targetFrom(text)
  const params = { project, repository: component }
  return connect().listRepositoryTests({ params, query: { show: listing, limit } })
}

function detailText(test: Detail): string {
  const runs = test.history.map((run) => [
    run.status === 'failed' ? pc.red(run.status) : run.status,
    duration(run.durationMs),
    run.jobName,
    `${run.revision.slice(0, 7)} ${run.ref.replace(/^refs\/(?:heads|tags)\//, '')}`,
    ago(run.ranAt),
    pc.dim(run.pipeline),
  ])
  const held = test.quarantine
  return [
    `${pc.bold(test.name)} ${pc.dim([test.within, test.suite, test.file].filter(Boolean).join(' · '))}`,
    ...(test.flaky && test.disagreedAt ? [`flaky: two runs at one commit disagreed ${ago(test.disagreedAt)}`] : []),
    ...(test.failingJobs.length > 0 ? [`fails on the default branch in ${test.failingJobs.join(', ')}`] : []),
    ...(held ? [`in quarantine until ${held.expiresAt}, ${held.owner} sees to it: ${held.reason} ${pc.dim(held.id)}`] : []),
    '',
    table(['RESULT', 'TOOK', 'JOB', 'COMMIT', 'AGE', ''], runs),
  ].join('\n')
} // prettier-ignore

function comparedText(title: string, { count: all, items }: Comparison['fixed'], why: (test: Compared) => string): string {
  if (all === 0) return ''
  const rows = items.map((test) => [`  ${named(test)}`, why(test), test.quarantined ? 'in quarantine' : '', pc.dim(test.id)])
  return `${pc.bold(`${title}: ${all}`)}\n${table(['  TEST', '', '', ''], rows)}`
} // prettier-ignore

const comparisonText = (found: Comparison): string =>
  [
    `${count(found.compared, 'test')}, compared with ${found.target}`,
    comparedText('newly failed', found.newFailures, (test) => (test.flaky ? 'flaky' : (test.before ?? 'not known there'))),
    comparedText('still failing', found.stillFailing, (test) => `${count(test.targetFailures, 'failure')} there in 14 days`),
    comparedText('fixed', found.fixed, () => ''),
    comparedText('slower', found.slower, (test) => `${duration(test.targetMs)} -> ${duration(test.durationMs)}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n') // prettier-ignore

function lookCommands(tests: Command, output: () => Output): void {
  tests
    .command('summary [project/component]', { isDefault: true })
    .description('what fails on the default branch, what is slow, what is flaky')
    .option('--limit <n>', 'how many of each', wholeNumber, 10)
    .action(async (text: string | undefined, { limit }: { limit: number }) => {
      const wanted = ['failing', 'slow', 'flaky'] as const
      const [failing, slow, flaky] = await Promise.all(wanted.map((listing) => listed(text, listing, limit)))
      const found = { failing: failing?.items ?? [], slow: slow?.items ?? [], flaky: flaky?.items ?? [] }
      show(output(), found, (all) =>
        wanted.map((listing) => `${pc.bold(listing)}\n${testsText(all[listing], none[listing])}`).join('\n\n'),
      )
    })
  tests
    .command('flaky [project/component]')
    .description('tests that passed and failed at one commit in the last 14 days')
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .action(async (text: string | undefined, { limit }: { limit: number }) =>
      show(output(), await listed(text, 'flaky', limit), ({ items }) => testsText(items, none.flaky)),
    )
  tests
    .command('show <test> [project/component]')
    .description('a test with its last runs')
    .action(async (test: string, text: string | undefined) => {
      const { project, component } = targetFrom(text)
      show(
        output(),
        await connect().getRepositoryTest({ params: { project, repository: component, test } }),
        detailText,
      )
    })
  tests
    .command('compare <pipeline>')
    .description('a pipeline against the target branch; exit 1 where a test that is not in quarantine newly fails')
    .option('--project <name>')
    .action(async (pipeline: string, options: { project?: string }) => {
      const params = { project: projectFrom(options.project), pipeline }
      const found = await connect().comparePipelineTests({ params })
      show(output(), found, comparisonText)
      const { count: all, items } = found.newFailures
      if (all > items.length || items.some(({ quarantined }) => !quarantined)) process.exitCode = exitCode('failed')
    })
}

function reportCommands(tests: Command, output: () => Output): void {
  tests
    .command('coverage <pipeline>')
    .description('what its tests ran, by file, the most that is missing first')
    .option('--project <name>')
    .action(async (pipeline: string, options: { project?: string }) => {
      const params = { project: projectFrom(options.project), pipeline }
      show(output(), await connect().listPipelineCoverage({ params }), ({ items }) =>
        items.length === 0
          ? 'No coverage was reported.'
          : table(
              ['LINES', 'MISSING', 'FILE'],
              items.map((file) => [`${file.percent} %`, String(file.linesTotal - file.linesCovered), file.path]),
            ),
      )
    })
  tests
    .command('findings <pipeline>')
    .description('what scanners found in it, the worst first')
    .option('--project <name>')
    .action(async (pipeline: string, options: { project?: string }) => {
      const params = { project: projectFrom(options.project), pipeline }
      show(output(), await connect().listPipelineFindings({ params }), ({ items }) =>
        items.length === 0
          ? 'Nothing was found.'
          : table(
              ['SEVERITY', 'WHERE', 'RULE', 'WHAT'],
              items.map(({ severity, path, line, rule, message }) => [
                severity,
                line === 0 ? path : `${path}:${line}`,
                rule,
                message.split('\n')[0]?.slice(0, 120) ?? '',
              ]),
            ),
      )
    })
}

type Wish = { reason: string; owner?: string; days?: number }

function quarantineCommands(tests: Command, output: () => Output): void {
  const quarantine = tests.command('quarantine').description('failures that do not count for a time: list, add, remove')
  quarantine
    .command('list [project/component]', { isDefault: true })
    .description('tests in quarantine, with who sees to them')
    .action(async (text: string | undefined) =>
      show(output(), await listed(text, 'quarantined', 200), ({ items }) =>
        items.length === 0
          ? none.quarantined
          : table(
              ['TEST', 'OWNER', 'UNTIL', 'WHY', 'FAILED', ''],
              items.map((test) => [
                named(test),
                test.quarantine?.owner ?? '',
                test.quarantine?.expiresAt.slice(0, 10) ?? '',
                test.quarantine?.reason ?? '',
                `${test.failures} of ${test.runs}`,
                pc.dim(test.quarantine?.id ?? ''),
              ]),
            ),
      ),
    )
  quarantine
    .command('add <test> [project/component]')
    .description('let the failures of a test pass for a time; takes the right to approve gates')
    .requiredOption('--reason <text>', 'why; kept in the ledger')
    .option('--owner <subject>', 'who sees to it: user:ana, group:payments/leads; you unless given')
    .option('--days <n>', 'how long, 90 at the most; 14 unless given', wholeNumber)
    .action(async (test: string, text: string | undefined, { reason, owner, days }: Wish) => {
      const { project, component } = targetFrom(text)
      const body = { test, reason, ...(owner !== undefined && { owner }), ...(days !== undefined && { days }) }
      const params = { project, repository: component }
      show(
        output(),
        await connect().createTestQuarantine({ params, body, idempotencyKey: randomUUID() }),
        (made) => `${pc.green('●')} in quarantine until ${made.expiresAt}, ${made.owner} sees to it ${pc.dim(made.id)}`,
      )
    })
  quarantine
    .command('remove <quarantine> [project/component]')
    .description('let the failures of a test count again')
    .action(async (id: string, text: string | undefined) => {
      const { project, component } = targetFrom(text)
      const params = { project, repository: component, quarantine: id }
      show(output(), await connect().deleteTestQuarantine({ params }), () => `${pc.green('●')} ${id} has ended`)
    })
}

export function testCommands(program: Command, output: () => Output): void {
  const tests = program.command('tests').description('tests of a component: failing, slow, flaky, quarantine')
  lookCommands(tests, output)
  reportCommands(tests, output)
  quarantineCommands(tests, output)
}
