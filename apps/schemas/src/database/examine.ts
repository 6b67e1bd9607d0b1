import type { MigrationFinding, PlannedStatement as PlannedStatementSchema } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import { errorsOf, lint, locks, mustFindRule, planOf, type Lock, type Migration } from '@plinth/sql'
import type { Static } from 'typebox'
import { historyOf, type Applied } from './history.ts'
import type { Broken, Step } from './readers.ts'
import type { DryRun, Measured, ShadowRuns } from './shadow.ts'
import type { Place } from './store.ts'

export type Finding = Static<typeof MigrationFinding>
export type Planned = Static<typeof PlannedStatementSchema>
export type Examined = {
  pending: Migration[]
  findings: Finding[]
  statements: Planned[]
  advice: string[]
  /** Names of those that take away or narrow. */
  contracts: ReadonlySet<string>
  dryRun: DryRun
  /** What each pending one makes of what was before it; empty where the dry run failed. */
  steps: Step[]
  /** Why nothing may be applied, whoever reads it. */
  problems: Problem[]
}

const findingsMax = 500

/** Everything that can be known of migrations before they are applied to a database that has some of them. */
export async function examine(
  { shadow }: { shadow: Pick<ShadowRuns, 'dryRun'> },
  component: Pick<Place, 'project' | 'component'>,
  files: readonly Migration[],
  applied: readonly Applied[],
): Promise<Examined> {
  const { pending, problems } = historyOf(files, applied)
  const known = new Set(files.filter((file) => !pending.includes(file)).map(({ name }) => name))
  const last = Math.max(0, ...applied.filter(({ state }) => state === 'applied').map(({ number }) => number))
  const found = lint(files, { known, applied: last })
  const plan = planOf(pending)
  const dryRun = await shadow.dryRun(component, files, pending)
  const refused = errorsOf(found).map(({ rule, file, line, column, message, remedy }) => ({
    path: `${file}:${line}:${column}`,
    message: `${message} ${remedy} (${rule})`,
  }))
  const failed = dryRun.succeeded
    ? []
    : [{ path: `${dryRun.file}:${dryRun.line}:${dryRun.column}`, message: `fails in a dry run: ${dryRun.message}` }]
  return {
    pending,
    findings: found.slice(0, findingsMax).map((finding) => ({ ...finding, why: mustFindRule(finding.rule).what })),
    statements: withMeasures(pending, plan.statements, dryRun),
    advice: plan.advice,
    contracts: new Set(plan.files.filter(({ phase }) => phase === 'contract').map(({ file }) => file)),
    dryRun,
    steps: stepsOf(files, pending, dryRun),
    problems: [...problems, ...refused, ...failed],
  }
}

function stepsOf(files: readonly Migration[], pending: readonly Migration[], dryRun: DryRun): Step[] {
  if (!dryRun.succeeded) return []
  const first = pending[0]
  let before = dryRun.catalogs.get(first === undefined ? '' : (files[files.indexOf(first) - 1]?.name ?? '')) ?? ''
  return pending.map(({ name }) => {
    const step = { file: name, before, after: dryRun.catalogs.get(name) ?? before }
    before = step.after
    return step
  })
}

const spoken = (mode: string): Lock | undefined => {
  const name = mode
    .replace(/Lock$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase()
  return locks.find((lock) => lock === name)
}

/** What was seen in the dry run says more than the book: a function may lock what its call does not show. */
function withMeasures(
  pending: readonly Migration[],
  planned: readonly Omit<Planned, 'measured'>[],
  dryRun: DryRun,
): Planned[] {
  return planned.map((one) => {
    const file = pending.find(({ name }) => name === one.file)
    const index = file?.statements.findIndex(({ line, column }) => line === one.line && column === one.column) ?? -1
    const seen: Measured | undefined = dryRun.succeeded ? dryRun.measured.get(one.file)?.[index] : undefined
    if (seen === undefined) return { ...one, measured: false }
    const strongest = seen.locks
      .flatMap(({ mode }) => spoken(mode) ?? [])
      .reduce<Lock>((a, b) => (locks.indexOf(a) >= locks.indexOf(b) ? a : b), 'NONE')
    const rank = locks.indexOf(strongest) - locks.findIndex((lock) => lock === one.lock)
    const isStronger = rank > 0
    const tables = [...new Set([...one.tables, ...(isStronger ? seen.locks.map(({ table }) => table) : [])])]
    return {
      ...one,
      measured: true,
      tables,
      rewrites: one.rewrites || seen.rewritten.length > 0,
      ...(isStronger && { lock: strongest, blocks: blocksOf(strongest) }),
    }
  })
}

const blocksOf = (lock: Lock): Planned['blocks'] =>
  lock === 'ACCESS EXCLUSIVE'
    ? 'reads and writes'
    : locks.indexOf(lock) >= locks.indexOf('SHARE')
      ? 'writes'
      : 'nothing'

/** In words: who still reads what a file would take away. */
export const readerProblems = (broken: readonly Broken[]): Problem[] =>
  broken.map(({ file, reader, builtWith, message }) => ({
    path: file,
    message: `${message} (${reader}, built with ${builtWith}). Deploy code that does without it first, then apply this`,
  }))
