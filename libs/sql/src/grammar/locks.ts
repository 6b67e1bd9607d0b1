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

/** The lock that a change takes, by PostgreSQL's documentation of each command (versions 15 to 18). */
export function effectOf(change: Change): Effect {
  switch (change.do) {
    case 'add column':
      return addColumn(change.column)
    case 'change type':
    case 'rewrite table':
    case 'vacuum full':
    case 'cluster':
      return effect('ACCESS EXCLUSIVE', 'rewrites')
    case 'set not null':
      return effect('ACCESS EXCLUSIVE', 'scans')
    case 'add constraint': {
      const { kind, notValid, usingIndex } = change.constraint
      if (kind === 'foreign') return effect('SHARE ROW EXCLUSIVE', notValid ? 'short' : 'scans')
      return effect('ACCESS EXCLUSIVE', notValid || usingIndex ? 'short' : 'scans')
    }
    case 'validate constraint':
      return effect('SHARE UPDATE EXCLUSIVE', 'scans')
    case 'attach partition':
      return effect('SHARE UPDATE EXCLUSIVE', 'scans')
    case 'detach partition':
      return effect(change.concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE')
    case 'create index':
      return effect(change.concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE', 'scans')
    case 'drop index':
      return effect(change.concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE')
    case 'reindex':
      return effect(change.concurrent ? 'SHARE UPDATE EXCLUSIVE' : 'ACCESS EXCLUSIVE', 'scans')
    case 'create trigger':
      return effect('SHARE ROW EXCLUSIVE')
    case 'drop column':
    case 'drop not null':
    case 'set default':
    case 'drop default':
    case 'drop constraint':
    case 'alter table':
    case 'rename table':
    case 'rename column':
    case 'rename object':
    case 'drop table':
    case 'drop view':
    case 'drop type':
    case 'drop schema':
    case 'truncate':
    case 'alter domain':
      return effect('ACCESS EXCLUSIVE')
    case 'update':
    case 'delete':
      return effect('ROW EXCLUSIVE', change.bounded ? 'short' : 'scans')
    case 'insert':
      return effect('ROW EXCLUSIVE')
    default:
      return effect('NONE')
  }
}
