import type { Change } from '../grammar/change.ts'

/**
 * Of a change that nobody notices who runs meanwhile: what adds comes before the new code (`expand`), what fills rows
 * comes beside it (`backfill`), what takes away or narrows comes after the old code is gone (`contract`).
 */
export const phases = ['expand', 'backfill', 'contract'] as const
export type Phase = (typeof phases)[number]

export const later = (a: Phase, b: Phase): Phase => (phases.indexOf(a) >= phases.indexOf(b) ? a : b)

/** `isNew`: made by the same set, so that nobody uses it yet. */
export function phaseOf(change: Change, isNew: (name: string) => boolean): Phase {
  if ('table' in change && isNew(change.table)) return 'expand'
  switch (change.do) {
    case 'drop view':
    case 'drop type':
      return isNew(change.name) ? 'expand' : 'contract'
    case 'drop table':
    case 'drop column':
    case 'drop schema':
    case 'drop object':
    case 'drop database':
    case 'drop default':
    case 'rename table':
    case 'rename column':
    case 'rename object':
    case 'rename enum value':
    case 'change type':
    case 'set not null':
    case 'add constraint':
    case 'truncate':
    case 'delete':
      return 'contract'
    case 'create index':
      return change.unique ? 'contract' : 'expand'
    case 'add column':
      return isRequired(change.column) || change.column.unique || change.column.check ? 'contract' : 'expand'
    case 'alter domain':
      return change.addsConstraint ? 'contract' : 'expand'
    case 'update':
    case 'update columns':
    case 'insert':
    case 'validate constraint':
      return 'backfill'
    default:
      return 'expand'
  }
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
