import { isSerial } from '../../grammar/elements.ts'
import type { Rule } from '../rule.ts'

/** What keeps others waiting on tables that are in use. */
export const lockRules: readonly Rule[] = [
  {
    id: 'require-concurrent-index-creation',
    also: ['PG101'],
    severity: 'error',
    what: 'CREATE INDEX without CONCURRENTLY blocks all writes until the index is built',
    remedy: 'Use CREATE INDEX CONCURRENTLY in a file of its own with `-- plinth:no-transaction`.',
    check: (change, { isNew }) =>
      change.do === 'create index' && !change.concurrent && !isNew(change.table)
        ? `Building this index keeps every write to ${change.table} waiting (SHARE lock).`
        : undefined,
  },
  {
    id: 'require-concurrent-index-deletion',
    also: ['PG102'],
    severity: 'warning',
    what: 'DROP INDEX without CONCURRENTLY takes an ACCESS EXCLUSIVE lock on the table',
    remedy: 'Use DROP INDEX CONCURRENTLY in a file of its own with `-- plinth:no-transaction`.',
    check: (change) =>
      change.do === 'drop index' && !change.concurrent
        ? `Dropping ${change.names.join(', ')} waits for, and then blocks, every reader of its table.`
        : undefined,
  },
  {
    id: 'require-concurrent-reindex',
    severity: 'error',
    what: 'REINDEX without CONCURRENTLY blocks writes, and reads that would use the index',
    remedy: 'Use REINDEX … CONCURRENTLY.',
    check: (change, { isNew }) =>
      change.do === 'reindex' && !change.concurrent && !isNew(change.name)
        ? `REINDEX of ${change.name} blocks its table until it is done.`
        : undefined,
  },
  {
    id: 'require-concurrent-partition-detach',
    severity: 'warning',
    what: 'DETACH PARTITION without CONCURRENTLY takes an ACCESS EXCLUSIVE lock on the whole table',
    remedy: 'Use DETACH PARTITION … CONCURRENTLY, outside a transaction.',
    check: (change, { isNew }) =>
      change.do === 'detach partition' && !change.concurrent && !isNew(change.table)
        ? `Detaching blocks every partition of ${change.table}.`
        : undefined,
  },
  {
    id: 'attaching-partition-scans',
    severity: 'warning',
    what: 'ATTACH PARTITION reads every row of the partition under a lock, unless a CHECK constraint proves its bounds',
    remedy: 'Add a CHECK constraint with the same bounds NOT VALID to the partition and validate it before.',
    check: (change, { isNew }) =>
      change.do === 'attach partition' && !isNew(change.table)
        ? `Attaching to ${change.table} reads the whole partition.`
        : undefined,
  },
  {
    id: 'adding-field-with-default',
    also: ['PG301'],
    severity: 'error',
    what: 'A new column with a volatile default rewrites the table under ACCESS EXCLUSIVE',
    remedy: 'Add the column without a default, set the default, and backfill the rows in batches.',
    check: (change, { isNew }) =>
      change.do === 'add column' &&
      change.column.default === 'volatile' &&
      !isSerial(change.column.type) &&
      !change.column.generated &&
      !isNew(change.table)
        ? `The default of ${change.table}.${change.column.name} is computed for each row: the table is rewritten.`
        : undefined,
  },
  {
    id: 'adding-stored-generated-field',
    severity: 'error',
    what: 'A stored generated column rewrites the table under ACCESS EXCLUSIVE',
    remedy: 'Add an ordinary column, fill it by a trigger, backfill in batches; or use a virtual one (PostgreSQL 18).',
    check: (change, { isNew }) =>
      change.do === 'add column' && change.column.generated && !isNew(change.table)
        ? `${change.table}.${change.column.name} is computed for every row at once.`
        : undefined,
  },
  {
    id: 'changing-column-type',
    also: ['PG302', 'BC103'],
    severity: 'error',
    what: 'Changing the type of a column rewrites the table, and breaks code that reads the old type',
    remedy:
      'Add a column of the new type, write both, backfill in batches, switch readers, and drop the old one later.',
    check: (change, { isNew }) =>
      change.do === 'change type' && !isNew(change.table)
        ? `${change.table}.${change.column} becomes ${change.type} while every reader and writer waits.`
        : undefined,
  },
  {
    id: 'rewriting-table',
    severity: 'error',
    what: 'SET LOGGED, UNLOGGED, ACCESS METHOD, TABLESPACE or EXPRESSION writes the whole table again',
    remedy: 'Make a new table, copy in batches, and swap the names in a later release.',
    check: (change, { isNew }) =>
      change.do === 'rewrite table' && !isNew(change.table)
        ? `${change.how} rewrites ${change.table} under ACCESS EXCLUSIVE.`
        : undefined,
  },
  {
    id: 'prefer-repack',
    severity: 'error',
    what: 'VACUUM FULL and CLUSTER write the table again while nobody can read it',
    remedy: 'Use pg_repack, or let autovacuum do its work.',
    check: (change, { isNew }) =>
      (change.do === 'vacuum full' || change.do === 'cluster') && !isNew(change.name)
        ? `${change.do.toUpperCase()} of ${change.name || 'all tables'} locks everybody out.`
        : undefined,
  },
]
