import type { Change, ColumnSpec } from '../../grammar/change.ts'
import type { Rule } from '../rule.ts'

/** The columns that a change brings, with the table that they are in. */
function newColumns(change: Change): { table: string; column: ColumnSpec }[] {
  if (change.do === 'create table') return change.columns.map((column) => ({ table: change.table, column }))
  return change.do === 'add column' ? [{ table: change.table, column: change.column }] : []
}

const ofType =
  (pattern: RegExp, say: (place: string, type: string) => string): NonNullable<Rule['check']> =>
  (change) => {
    const found = newColumns(change).find(({ column }) => pattern.test(column.type))
    if (found) return say(`${found.table}.${found.column.name}`, found.column.type)
    return change.do === 'change type' && pattern.test(change.type)
      ? say(`${change.table}.${change.column}`, change.type)
      : undefined
  }

/** Bytes on disk to which PostgreSQL aligns a value of a type; what has no fixed length comes last. */
const alignments: Readonly<Record<string, number>> = {
  bigint: 8, bigserial: 8, serial8: 8, timestamptz: 8, timestamp: 8, float8: 8, time: 8, integer: 4, serial: 4, date: 4, float4: 4, smallint: 2, smallserial: 2, boolean: 1, uuid: 1,
} // prettier-ignore
const lengths: Readonly<Record<string, number>> = { uuid: 16 }

function padding(types: readonly string[]): number {
  let at = 0
  let wasted = 0
  for (const type of types) {
    const align = alignments[type]
    if (align === undefined) break
    const gap = (align - (at % align)) % align
    wasted += gap
    at += gap + (lengths[type] ?? align)
  }
  return wasted
}

/** Types and forms that are regretted later. */
export const styleRules: readonly Rule[] = [
  {
    id: 'ban-char-field',
    severity: 'warning',
    what: 'char(n) pads with blanks, which compare oddly',
    remedy: 'Use text, with a CHECK on its length where that matters.',
    check: ofType(/^char(?:\(|$)/, (place, type) => `${place} is ${type}.`),
  },
  {
    id: 'prefer-text-field',
    severity: 'warning',
    what: 'To widen varchar(n) later is a change of type',
    remedy: 'Use text with a CHECK on its length, which can be replaced without a lock that lasts.',
    check: ofType(/^varchar\(/, (place, type) => `${place} is ${type}.`),
  },
  {
    id: 'prefer-bigint-over-int',
    severity: 'warning',
    what: 'An integer runs out at 2,147,483,647, and to widen it rewrites the table',
    remedy: 'Use bigint.',
    check: ofType(/^(?:integer|serial|serial4)(?:\[\])*$/, (place, type) => `${place} is ${type}.`),
  },
  {
    id: 'prefer-bigint-over-smallint',
    severity: 'warning',
    what: 'A smallint runs out at 32,767, and to widen it rewrites the table',
    remedy: 'Use bigint.',
    check: ofType(/^(?:smallint|smallserial|serial2)(?:\[\])*$/, (place, type) => `${place} is ${type}.`),
  },
  {
    id: 'prefer-identity',
    severity: 'warning',
    what: 'A serial leaves its sequence writable and owned apart from the column',
    remedy: 'Use bigint GENERATED ALWAYS AS IDENTITY.',
    check: ofType(/serial/, (place, type) => `${place} is ${type}.`),
  },
  {
    id: 'prefer-timestamp-tz',
    severity: 'warning',
    what: 'A timestamp without time zone is a different moment in each session',
    remedy: 'Use timestamptz.',
    check: ofType(/^timestamp(?:\(|$)/, (place, type) => `${place} is ${type}.`),
  },
  {
    id: 'ban-create-domain-with-constraint',
    severity: 'warning',
    what: 'A constraint of a domain can be changed only by checking every table that uses it, under locks',
    remedy: 'Put CHECK constraints on the tables.',
    check: (change) =>
      change.do === 'create domain' && change.constrained ? `The domain ${change.name} has a constraint.` : undefined,
  },
  {
    id: 'ban-alter-domain-with-add-constraint',
    severity: 'warning',
    what: 'Every table that uses the domain is read under a lock',
    remedy: 'Put CHECK constraints, NOT VALID first, on the tables.',
    check: (change) =>
      change.do === 'alter domain' && change.addsConstraint
        ? `The domain ${change.name} gets a constraint.`
        : undefined,
  },
  {
    id: 'require-enum-value-ordering',
    severity: 'warning',
    what: 'A new enum value without BEFORE or AFTER goes last, which decides how it sorts',
    remedy: 'Say BEFORE or AFTER.',
    check: (change) =>
      change.do === 'add enum value' && !change.placed
        ? `The place of '${change.value}' in ${change.name} is not said.`
        : undefined,
  },
  {
    id: 'ban-duplicate-column-assignments',
    severity: 'error',
    what: 'A column that is assigned twice in one UPDATE is an error',
    remedy: 'Assign it once.',
    check(change) {
      if (change.do !== 'update columns') return undefined
      const twice = change.columns.find((name, index) => change.columns.indexOf(name) !== index)
      return twice === undefined ? undefined : `${change.table}.${twice} is assigned twice.`
    },
  },
  {
    id: 'prefer-robust-stmts',
    severity: 'warning',
    what: 'Outside a transaction a file that fails in its middle is run again from its beginning',
    remedy: 'Use IF EXISTS and IF NOT EXISTS.',
    check(change, { inTransaction }) {
      if (inTransaction) return undefined
      const isBare = ('ifNotExists' in change && !change.ifNotExists) || ('ifExists' in change && !change.ifExists)
      return isBare ? `\`${change.do}\` fails when it is run a second time.` : undefined
    },
  },
  {
    id: 'require-table-schema',
    severity: 'off',
    what: 'Without a schema the search path decides where a table is made',
    remedy: 'Write public.name, or the schema that is meant.',
    check: (change) =>
      change.do === 'create table' && !change.hasSchema && !change.temporary
        ? `The schema of ${change.table} is not said.`
        : undefined,
  },
  {
    id: 'column-alignment',
    also: ['PG110'],
    severity: 'off',
    what: 'Columns of fixed length in an unlucky order are padded in every row',
    remedy: 'Put columns of 8 bytes first, then 4, 2 and 1, then those without a fixed length.',
    check(change) {
      if (change.do !== 'create table') return undefined
      const types = change.columns.map(({ type }) => type).filter((type) => type in alignments)
      const best = types.toSorted((a, b) => (alignments[b] ?? 0) - (alignments[a] ?? 0))
      const saved = padding(types) - padding(best)
      return saved > 0 ? `${saved} bytes of each row of ${change.table} are padding.` : undefined
    },
  },
]
