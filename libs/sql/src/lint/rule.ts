import type { Change } from '../grammar/change.ts'
import type { Migration, ReadStatement } from '../grammar/files.ts'

export type Severity = 'error' | 'warning' | 'off'

/** What a rule may know beside the change that it looks at. */
export type Context = {
  migration: Migration
  statement: ReadStatement
  /** Nobody else can see it yet, or it is empty: made by the same file. */
  isNew(table: string): boolean
  /** Every change of the file before this one, in order. */
  before: readonly Change[]
  /** Names of indexes that the file has dropped so far. */
  droppedIndexes: ReadonlySet<string>
  /** Between a `begin` of the file's own and its end. */
  inOwnTransaction: boolean
  /** The whole file is one transaction, by the runner or by itself. */
  inTransaction: boolean
}

/** One habit of schema changes that hurts, by a stable name. */
export type Rule = {
  id: string
  /** Names under which others know it: Atlas's codes, squawk's name for several. */
  also?: readonly string[]
  severity: Severity
  /** No reason makes it good: what it finds would break the runner's own record. */
  final?: true
  what: string
  remedy: string
  /** What is wrong with this change, in one sentence; undefined where nothing is. */
  check?(change: Change, context: Context): string | undefined
}
