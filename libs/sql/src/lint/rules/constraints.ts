import { isSerial } from '../../grammar/elements.ts'
import type { Rule } from '../rule.ts'

/** Constraints on tables that have rows: what is checked, and who waits meanwhile. */
export const constraintRules: readonly Rule[] = [
  {
    id: 'constraint-missing-not-valid',
    also: ['PG305'],
    severity: 'error',
    what: 'A CHECK constraint without NOT VALID reads the whole table under ACCESS EXCLUSIVE',
    remedy: 'Add it NOT VALID, and VALIDATE CONSTRAINT in a later file: that one blocks nobody.',
    check(change, { isNew, before, inTransaction }) {
      if (!('table' in change) || isNew(change.table)) return undefined
      if (change.do === 'add constraint' && ['check', 'not null'].includes(change.constraint.kind)) {
        if (!change.constraint.notValid) return `Every row of ${change.table} is checked while everybody waits.`
      }
      if (change.do === 'add column' && change.column.check)
        return `Every row of ${change.table} is checked for ${change.column.name} while everybody waits.`
      const isOfThisFile = (other: (typeof before)[number]): boolean =>
        other.do === 'add constraint' && other.table === change.table
      if (change.do === 'validate constraint' && inTransaction && before.some(isOfThisFile))
        return `Validated in the transaction that added it: ${change.table} stays locked meanwhile, as without NOT VALID.`
      return undefined
    },
  },
  {
    id: 'adding-foreign-key-constraint',
    also: ['PG306'],
    severity: 'error',
    what: 'A foreign key without NOT VALID reads the whole table while writes to both tables wait',
    remedy: 'Add it NOT VALID, and VALIDATE CONSTRAINT in a later file.',
    check(change, { isNew }) {
      if (change.do === 'add constraint' && change.constraint.kind === 'foreign' && !change.constraint.notValid)
        return isNew(change.table)
          ? undefined
          : `Writes to ${change.table} and ${change.constraint.references ?? 'the other table'} wait until every row was looked up.`
      return change.do === 'add column' && change.column.references && !isNew(change.table)
        ? `The foreign key of ${change.table}.${change.column.name} locks both tables; add it NOT VALID afterwards.`
        : undefined
    },
  },
  {
    id: 'adding-not-nullable-field',
    also: ['MF104', 'PG303'],
    severity: 'error',
    what: 'SET NOT NULL reads the whole table under ACCESS EXCLUSIVE, and fails where a row is null',
    remedy:
      'Add CHECK (column IS NOT NULL) NOT VALID, validate it, then SET NOT NULL (which then reads nothing), then drop the check.',
    check(change, { isNew, before, migration }) {
      if (change.do !== 'set not null' || isNew(change.table)) return undefined
      // A validated check of the same table in an own earlier step is the documented way round.
      const isProven = (other: (typeof before)[number]): boolean =>
        other.do === 'validate constraint' && other.table === change.table
      return migration.statements.length > 0 && before.some(isProven)
        ? undefined
        : `Every row of ${change.table} is read for nulls of ${change.column} while everybody waits.`
    },
  },
  {
    id: 'adding-required-field',
    also: ['MF103'],
    severity: 'error',
    what: 'A new NOT NULL column without a default fails on a table that has rows, and breaks writers that do not know it',
    remedy: 'Add it nullable (or with a constant default), backfill, and set NOT NULL once all writers fill it.',
    check: (change, { isNew }) =>
      change.do === 'add column' &&
      change.column.notNull &&
      change.column.default === undefined &&
      !change.column.generated &&
      !change.column.identity &&
      !change.column.primary &&
      !isNew(change.table)
        ? `${change.table}.${change.column.name} has no value for the rows that are there.`
        : undefined,
  },
  {
    id: 'adding-serial-primary-key-field',
    also: ['PG104', 'PG304'],
    severity: 'error',
    what: 'A new serial, identity or primary key column rewrites the table; a new PRIMARY KEY builds its index under ACCESS EXCLUSIVE',
    remedy: 'Add a nullable column, backfill it, CREATE UNIQUE INDEX CONCURRENTLY, then ADD PRIMARY KEY USING INDEX.',
    check(change, { isNew }) {
      if (change.do === 'add column' && !isNew(change.table)) {
        const { name, type, primary, identity } = change.column
        return primary || identity || isSerial(type)
          ? `${change.table}.${name} is filled for every row under ACCESS EXCLUSIVE.`
          : undefined
      }
      return change.do === 'add constraint' &&
        change.constraint.kind === 'primary' &&
        !change.constraint.usingIndex &&
        !isNew(change.table)
        ? `The index of the primary key is built while nobody can read ${change.table}.`
        : undefined
    },
  },
  {
    id: 'disallowed-unique-constraint',
    also: ['PG105'],
    severity: 'error',
    what: 'ADD UNIQUE builds its index under ACCESS EXCLUSIVE',
    remedy: 'CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX.',
    check(change, { isNew }) {
      if (!('table' in change) || isNew(change.table)) return undefined
      const isUnique =
        (change.do === 'add constraint' &&
          ['unique', 'exclusion'].includes(change.constraint.kind) &&
          !change.constraint.usingIndex) ||
        (change.do === 'add column' && change.column.unique)
      return isUnique ? `The index is built while nobody can read ${change.table}.` : undefined
    },
  },
  {
    id: 'unique-index-on-existing-data',
    also: ['MF101'],
    severity: 'warning',
    what: 'A unique index fails where the rows that are there have duplicates',
    remedy: 'Look for duplicates first: SELECT columns, count(*) … GROUP BY columns HAVING count(*) > 1.',
    check: (change, { isNew, droppedIndexes }) =>
      change.do === 'create index' &&
      change.unique &&
      !isNew(change.table) &&
      !(change.name !== undefined && droppedIndexes.has(change.name))
        ? `It depends on the data of ${change.table} whether this succeeds.`
        : undefined,
  },
  {
    id: 'unique-index-modified',
    also: ['MF102'],
    severity: 'warning',
    what: 'An index that is made again as a unique one fails where the rows that are there have duplicates',
    remedy: 'Look for duplicates first, and build the unique index under another name before the old one is dropped.',
    check: (change, { isNew, droppedIndexes }) =>
      change.do === 'create index' &&
      change.unique &&
      change.name !== undefined &&
      droppedIndexes.has(change.name) &&
      !isNew(change.table)
        ? `${change.name} is dropped and made again as unique: ${change.table} has neither meanwhile.`
        : undefined,
  },
  {
    id: 'dropping-constraint',
    also: ['CD101'],
    severity: 'warning',
    what: 'Without a constraint that code relied on, wrong data gets in',
    remedy: 'Drop it only when no deployed version relies on it; foreign keys especially.',
    check: (change, { isNew }) =>
      change.do === 'drop constraint' && !isNew(change.table)
        ? `${change.name} of ${change.table} no longer guards its rows.`
        : undefined,
  },
]
