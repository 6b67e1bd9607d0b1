import type { Rule } from '../rule.ts'

const later = 'Drop it in a release after the one that stopped using it; `plinth database plan` shows who still does.'

/** What takes data or names away from those who still use them. */
export const destructiveRules: readonly Rule[] = [
  {
    id: 'ban-drop-database',
    severity: 'error',
    what: 'DROP DATABASE takes everything away, and does not work in a migration',
    remedy: 'Remove the resource from score.yaml instead.',
    check: (change) => (change.do === 'drop database' ? `It drops the database ${change.name}.` : undefined),
  },
  {
    id: 'ban-drop-schema',
    also: ['DS101'],
    severity: 'error',
    what: 'DROP SCHEMA takes away all that is in it',
    remedy: later,
    check: (change) => (change.do === 'drop schema' ? `The schema ${change.name} goes, with its tables.` : undefined),
  },
  {
    id: 'ban-drop-table',
    also: ['DS102'],
    severity: 'error',
    what: 'DROP TABLE loses data and breaks whoever reads it',
    remedy: later,
    check: (change, { isNew }) =>
      change.do === 'drop table' && !isNew(change.table) ? `The table ${change.table} goes, with its rows.` : undefined,
  },
  {
    id: 'ban-drop-column',
    also: ['DS103'],
    severity: 'error',
    what: 'DROP COLUMN loses data and breaks whoever reads it',
    remedy: later,
    check: (change, { isNew }) =>
      change.do === 'drop column' && !isNew(change.table)
        ? `The column ${change.table}.${change.column} goes, with its values.`
        : undefined,
  },
  {
    id: 'ban-drop-view',
    severity: 'error',
    what: 'DROP VIEW breaks whoever reads it',
    remedy: later,
    check: (change, { isNew }) =>
      change.do === 'drop view' && !isNew(change.name) ? `The view ${change.name} goes.` : undefined,
  },
  {
    id: 'ban-drop-type',
    severity: 'error',
    what: 'DROP TYPE breaks whoever uses it',
    remedy: later,
    check: (change, { isNew }) =>
      change.do === 'drop type' && !isNew(change.name) ? `The type ${change.name} goes.` : undefined,
  },
  {
    id: 'renaming-table',
    also: ['BC101'],
    severity: 'error',
    what: 'Code that runs still uses the old name of the table',
    remedy:
      'Make a view with the new name (or rename and leave a view of the old name) until no version uses the old one.',
    check: (change, { isNew }) =>
      change.do === 'rename table' && !isNew(change.table) ? `${change.table} is ${change.to} from now on.` : undefined,
  },
  {
    id: 'renaming-column',
    also: ['BC102'],
    severity: 'error',
    what: 'Code that runs still uses the old name of the column',
    remedy: 'Add a column, write both, backfill, switch readers, and drop the old one in a later release.',
    check: (change, { isNew }) =>
      change.do === 'rename column' && !isNew(change.table)
        ? `${change.table}.${change.column} is ${change.to} from now on.`
        : undefined,
  },
  {
    id: 'renaming-enum-value',
    severity: 'error',
    what: 'Code that runs still writes the old value',
    remedy: 'Add the new value, write it, backfill, and leave the old one.',
    check: (change) =>
      change.do === 'rename enum value' ? `${change.value} of ${change.name} is ${change.to} from now on.` : undefined,
  },
  {
    id: 'ban-truncate-cascade',
    severity: 'error',
    what: 'TRUNCATE … CASCADE empties every table that refers to this one',
    remedy: 'Name each table that shall be emptied.',
    check: (change) =>
      change.do === 'truncate' && change.cascade ? `It empties ${change.table} and all that refer to it.` : undefined,
  },
  {
    id: 'ban-drop-not-null',
    severity: 'warning',
    what: 'Code that runs does not expect a null there',
    remedy: 'Deploy code that takes nulls first.',
    check: (change, { isNew }) =>
      change.do === 'drop not null' && !isNew(change.table)
        ? `${change.table}.${change.column} may be null from now on.`
        : undefined,
  },
  {
    id: 'unbounded-change',
    severity: 'warning',
    what: 'An UPDATE or DELETE of a whole table locks its rows until all are done',
    remedy: 'Change rows in batches of some thousand, each its own transaction; `plinth database plan` proposes them.',
    check: (change, { isNew }) =>
      (change.do === 'update' || change.do === 'delete') && !change.bounded && !isNew(change.table)
        ? `Every row of ${change.table} is ${change.do === 'update' ? 'written' : 'removed'} in one statement.`
        : undefined,
  },
  {
    id: 'server-statement',
    severity: 'error',
    final: true,
    what: 'A statement about the server, its roles, files or other databases is no schema change',
    remedy: 'Leave it to whoever runs the server.',
    check: (change) => (change.do === 'server' ? `${change.what} is not of this database alone.` : undefined),
  },
]
