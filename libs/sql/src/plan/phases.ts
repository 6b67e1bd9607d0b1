import type { Change } from '../grammar/change.ts'

/**
 * Of a change that nobody notices who runs meanwhile: what adds comes before the new code (`expand`), what fills rows
 * comes beside it (`backfill`), what takes away or narrows comes after the old code is gone (`contract`).
 */
export const phases = ['expand', 'backfill', 'contract'] as const
export type Phase = (typeof phases)[number]

export const later = (a: Phase, b: Phase): Phase => (phases.indexOf(a) >= phases.indexOf(b) ? a : b)

const contracts: ReadonlySet<Change['do']> = new Set([
  'drop view', 'drop type', 'drop table', 'drop column', 'drop schema', 'drop object', 'drop database', 'drop default', 'rename table', 'rename column',
  'rename object', 'rename enum value', 'change type', 'set not null', 'add constraint', 'truncate', 'delete',
]) // prettier-ignore
const backfills: ReadonlySet<Change['do']> = new Set(['update', 'update columns', 'insert', 'validate constraint'])

/** `isNew`: made by the same set, so that nobody uses it yet. */
export function phaseOf(change: Change, isNew: (name: string) => boolean): Phase {
  if ('table' in change && isNew(change.table)) return 'expand'
  if ((change.do === 'drop view' || change.do === 'drop type') && isNew(change.name)) return 'expand'
  if (change.do === 'create index') return change.unique ? 'contract' : 'expand'
  if (change.do === 'alter domain') return change.addsConstraint ? 'contract' : 'expand'
  if (change.do === 'add column') {
    const { column } = change
    return isRequired(column) || column.unique || column.check ? 'contract' : 'expand'
  }
  if (contracts.has(change.do)) return 'contract'
  return backfills.has(change.do) ? 'backfill' : 'expand'
}

const isRequired = ({
  notNull,
  default: fallback,
  generated,
  identity,
}: {
  notNull: boolean
  default?: string
  generated: boolean
  identity: boolean
}): boolean => notNull && fallback === undefined && !generated && !identity
