import type { Change, ColumnSpec } from './change.ts'
import { isSerial } from './elements.ts'

/** Table-level locks of PostgreSQL (chapter 13.3.1), weakest first. */
export const locks = [
  'NONE',
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
] as const
export type Lock = (typeof locks)[number]

/** What a statement costs those who work on the table meanwhile. */
export type Effect = {
  lock: Lock
  /** Whom the lock keeps waiting. */
  blocks: 'nothing' | 'writes' | 'reads and writes'
  /** Every row is written again while the lock is held. */
  rewrites: boolean
  /** Every row is read while the lock is held. */
  scans: boolean
}

export const strongest = (a: Lock, b: Lock): Lock => (locks.indexOf(a) >= locks.indexOf(b) ? a : b)

const blocksOf = (lock: Lock): Effect['blocks'] =>
  lock === 'ACCESS EXCLUSIVE'
    ? 'reads and writes'
    : locks.indexOf(lock) >= locks.indexOf('SHARE')
      ? 'writes'
      : 'nothing'

const effect = (lock: Lock, work: 'short' | 'rewrites' | 'scans' = 'short'): Effect => ({
  lock,
  blocks: blocksOf(lock),
  rewrites: work === 'rewrites',
  scans: work === 'scans' || work === 'rewrites',
})

/** A default that is volatile, a stored generated column, a serial or a constraint makes PostgreSQL touch every row. */
function addColumn(column: ColumnSpec): Effect {
  if (column.default === 'volatile' || column.generated || column.identity || isSerial(column.type))
    return effect('ACCESS EXCLUSIVE', 'rewrites')
  return effect('ACCESS EXCLUSIVE', column.primary || column.unique || column.check ? 'scans' : 'short')
}

const short: ReadonlySet<Change['do']> = new Set([
  'drop column', 'drop not null', 'set default', 'drop default', 'drop constraint', 'alter table', 'rename table', 'rename column', 'rename object',
  'drop table', 'drop view', 'drop type', 'drop schema', 'truncate', 'alter domain',
]) // prettier-ignore
const whole: ReadonlySet<Change['do']> = new Set(['change type', 'rewrite table', 'vacuum full', 'cluster'])

/** The lock that a change takes, by PostgreSQL's documentation of each command (versions 15 to 18). */
export function effectOf(change: Change): Effect {
  if (whole.has(change.do)) return effect('ACCESS EXCLUSIVE', 'rewrites')
  if (short.has(change.do)) return effect('ACCESS EXCLUSIVE')
  if (change.do === 'add column') return addColumn(change.column)
  if (change.do === 'set not null') return effect('ACCESS EXCLUSIVE', 'scans')
  if (change.do === 'add constraint') {
    const { kind, notValid, usingIndex } = change.constraint
    if (kind === 'foreign') return effect('SHARE ROW EXCLUSIVE', notValid ? 'short' : 'scans')
    return effect('ACCESS EXCLUSIVE', notValid || usingIndex ? 'short' : 'scans')
  }
  if (change.do === 'validate constraint' || change.do === 'attach partition')
    return effect('SHARE UPDATE EXCLUSIVE', 'scans')
  if (change.do === 'create trigger') return effect('SHARE ROW EXCLUSIVE')
  if (change.do === 'update' || change.do === 'delete')
    return effect('ROW EXCLUSIVE', change.bounded ? 'short' : 'scans')
  if (change.do === 'insert') return effect('ROW EXCLUSIVE')
  return concurrently(change)
}

function concurrently(change: Change): Effect {
  if (!('concurrent' in change)) return effect('NONE')
  const gentle = change.concurrent
  if (change.do === 'create index') return effect(gentle ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', 'scans')
  return effect(gentle ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE', change.do === 'reindex' ? 'scans' : 'short')
}
