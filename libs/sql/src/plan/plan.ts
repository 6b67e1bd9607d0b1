import type { Change } from '../grammar/change.ts'
import type { Migration, ReadStatement } from '../grammar/files.ts'
import { effectOf, strongest, type Effect, type Lock } from '../grammar/locks.ts'
import { later, phaseOf, type Phase } from './phases.ts'

export type { Phase } from './phases.ts'
export type PlannedStatement = {
  file: string
  line: number
  column: number
  /** Its first words, on one line. */
  statement: string
  phase: Phase
  lock: Lock
  blocks: Effect['blocks']
  /** Every row is written again, or read, while the lock is held. */
  rewrites: boolean
  scans: boolean
  /** What it works on, where that is there already. */
  tables: string[]
}
export type Plan = {
  statements: PlannedStatement[]
  /** The latest phase of each file: a file is applied as a whole. */
  files: { file: string; phase: Phase; transaction: boolean }[]
  /** What would make it gentler, in sentences. */
  advice: string[]
}

const wordsMax = 100

/** What migrations do to a database that others use meanwhile, statement by statement; pure, nothing is run. */
export function planOf(migrations: readonly Migration[]): Plan {
  const made = new Set<string>()
  const isNew = (name: string): boolean => made.has(name)
  const statements = migrations.flatMap(({ name, statements: all }) =>
    all.flatMap((statement) => {
      const planned = planStatement(name, statement, isNew)
      for (const change of statement.changes) note(change, made)
      return planned
    }),
  )
  const files = migrations.map(({ name, transaction }) => {
    const own = statements.filter(({ file }) => file === name)
    return { file: name, transaction, phase: own.reduce<Phase>((phase, one) => later(phase, one.phase), 'expand') }
  })
  return { statements, files, advice: [...mixed(files, statements), ...heavy(statements)] }
}

function note(change: Change, made: Set<string>): void {
  if (change.do === 'create table') made.add(change.table)
  if ((change.do === 'create view' && !change.replace) || change.do === 'create type') made.add(change.name)
  if (change.do === 'rename table' && made.has(change.table)) made.add(change.to)
}

const idle: Effect = { lock: 'NONE', blocks: 'nothing', rewrites: false, scans: false }
const silent = new Set(['set', 'begin', 'commit', 'rollback'])

function planStatement(file: string, statement: ReadStatement, isNew: (name: string) => boolean): PlannedStatement[] {
  const { line, column, text, changes } = statement
  if (changes.every((change) => silent.has(change.do))) return []
  const onNew = (change: Change): boolean => 'table' in change && isNew(change.table)
  const effects = changes.map((change) => (onNew(change) || change.do === 'create table' ? idle : effectOf(change)))
  const lock = effects.reduce<Lock>((worst, effect) => strongest(worst, effect.lock), 'NONE')
  const tables = changes.flatMap((change) =>
    'table' in change && !onNew(change) && change.do !== 'create table' ? [change.table] : [],
  )
  const words = text.replaceAll(/\s+/g, ' ')
  return [
    {
      file, line, column, lock,
      statement: words.length > wordsMax ? `${words.slice(0, wordsMax - 1)}…` : words,
      phase: changes.reduce<Phase>((phase, change) => later(phase, phaseOf(change, isNew)), 'expand'),
      blocks: effects.find((effect) => effect.lock === lock)?.blocks ?? 'nothing',
      rewrites: effects.some(({ rewrites }) => rewrites),
      scans: effects.some(({ scans }) => scans),
      tables: [...new Set(tables)],
    },
  ] // prettier-ignore
}

/** A file that adds and takes away waits as a whole for the old code to go. */
function mixed(files: Plan['files'], statements: readonly PlannedStatement[]): string[] {
  const said = files.flatMap(({ file }) => {
    const own = statements.filter((one) => one.file === file)
    const first = own.find(({ phase }) => phase === 'contract')
    const adds = own.find(({ phase }) => phase !== 'contract')
    return first && adds
      ? [
          `${file} adds (line ${adds.line}) and takes away (line ${first.line}): split it, so that the one need not wait for the other.`,
        ]
      : []
  })
  const firstContract = files.findIndex(({ phase }) => phase === 'contract')
  const waiting = firstContract === -1 ? [] : files.slice(firstContract + 1).filter(({ phase }) => phase !== 'contract')
  const after = waiting.map(
    ({ file }) =>
      `${file} comes after ${files[firstContract]?.file}, a contract step, and waits for it: give it a lower number.`,
  )
  return [...said, ...after]
}

const heavy = (statements: readonly PlannedStatement[]): string[] =>
  statements
    .filter(({ blocks, rewrites, scans }) => blocks !== 'nothing' && (rewrites || scans))
    .map(
      ({ file, line, blocks, rewrites, tables }) =>
        `${file}:${line} ${rewrites ? 'writes' : 'reads'} every row of ${tables.join(', ') || 'its table'} while ${blocks} wait.`,
    )
