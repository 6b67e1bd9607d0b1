import type { Change } from '../grammar/change.ts'
import type { Migration, ReadStatement } from '../grammar/files.ts'
import { ignoresOf, type Ignore } from './ignores.ts'
import type { Context, Severity } from './rule.ts'
import { idsOf, mustFindRule, rules } from './rules.ts'

export type Finding = {
  rule: string
  severity: 'error' | 'warning'
  file: string
  line: number
  column: number
  message: string
  remedy: string
  /** Why it does not count: somebody said so beside it. */
  ignored?: string
}
export type Severities = Readonly<Record<string, Severity>>

export type LintOptions = {
  /** Of those that differ from the table's. */
  severities?: Severities
  /** The number of the last migration that some database has; those up to it are history and not judged again. */
  applied?: number
  /** Names of those that were applied, for what was slipped in between. */
  known?: ReadonlySet<string>
}

/** Migrations that a database does not have yet: only these can still be changed. */
const pendingOf = (migrations: readonly Migration[], { known }: LintOptions): Migration[] =>
  migrations.filter(({ name }) => known === undefined || !known.has(name))

/**
 * What is wrong with migrations that are not applied yet, in the order of their places. Each file is judged by itself, so
 * that the verdict is the same wherever and whenever it is asked for: exempt is what the same file makes.
 */
export function lint(migrations: readonly Migration[], options: LintOptions = {}): Finding[] {
  return pendingOf(migrations, options).flatMap((migration) => lintFile(migration, options))
}

function lintFile(migration: Migration, { severities = {}, applied = 0 }: LintOptions): Finding[] {
  const made = new Set<string>()
  const droppedIndexes = new Set<string>()
  const ignores = ignoresOf(migration)
  const found: Finding[] = []
  const tell = (id: string, at: { line: number; column: number }, message: string, statement?: ReadStatement): void => {
    const rule = mustFindRule(id)
    const severity = severities[id] ?? rule.severity
    if (severity === 'off') return
    const hidden = ignores.find(
      ({ rules: names, statement: only }) =>
        rule.final !== true &&
        names.some((name) => idsOf(name).includes(id)) &&
        (only === undefined || only === statement),
    )
    hidden?.used.add(id)
    const { line, column } = at
    const { remedy } = rule
    const ignored = hidden?.reason ? { ignored: hidden.reason } : {}
    found.push({ rule: id, severity, file: migration.name, line, column, message, remedy, ...ignored })
  }
  if (migration.number <= applied)
    tell('non-linear-history', { line: 1, column: 1 }, `Number ${applied} was applied before ${migration.name}.`)
  const before: Change[] = []
  const own: { began?: ReadStatement } = {}
  for (const statement of migration.statements) {
    for (const change of statement.changes) {
      const context: Context = {
        migration,
        statement,
        isNew: (table) => made.has(table),
        before,
        droppedIndexes,
        inOwnTransaction: own.began !== undefined,
        inTransaction: migration.transaction || own.began !== undefined,
      }
      for (const { id, check } of rules) {
        const message = check?.(change, context)
        if (message !== undefined)
          tell(id, change.at === undefined ? statement : statement.placeOf(change.at), message, statement)
      }
      note(change, statement, { made, droppedIndexes, before, own })
    }
  }
  if (own.began) tell('ban-uncommitted-transaction', own.began, 'This BEGIN has no COMMIT.', own.began)
  tellOfIgnores(ignores, tell)
  return found
}

type State = { made: Set<string>; droppedIndexes: Set<string>; before: Change[]; own: { began?: ReadStatement } }

function note(change: Change, statement: ReadStatement, { made, droppedIndexes, before, own }: State): void {
  before.push(change)
  if (change.do === 'create table') made.add(change.table)
  if ((change.do === 'create view' && !change.replace) || change.do === 'create type') made.add(change.name)
  if (change.do === 'rename table' && made.has(change.table)) made.add(change.to)
  if (change.do === 'drop index') for (const name of change.names) droppedIndexes.add(name)
  if (change.do === 'begin') own.began = statement
  if (change.do === 'commit' || change.do === 'rollback') delete own.began
}

type Tell = (id: string, at: { line: number; column: number }, message: string) => void

function tellOfIgnores(ignores: readonly Ignore[], tell: Tell): void {
  for (const ignore of ignores) {
    if (ignore.reason === '') tell('ignore-without-reason', ignore, `It ignores ${ignore.rules.join(', ')}.`)
    for (const name of ignore.rules) {
      const ids = idsOf(name)
      if (ids.length === 0) tell('unused-ignore', ignore, `There is no rule '${name}'.`)
      else if (ids.some((id) => mustFindRule(id).final)) tell('unused-ignore', ignore, `'${name}' can't be ignored.`)
      else if (!ids.some((id) => ignore.used.has(id))) tell('unused-ignore', ignore, `'${name}' finds nothing here.`)
    }
  }
}

/** Those that stop a migration. */
export const errorsOf = (findings: readonly Finding[]): Finding[] =>
  findings.filter(({ severity, ignored }) => severity === 'error' && ignored === undefined)
