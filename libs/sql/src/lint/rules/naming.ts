import type { Change } from '../../grammar/change.ts'
import type { Rule } from '../rule.ts'

const snake = /^[a-z_][a-z0-9_]*$/
const bytesMax = 63
const wordAfter = (name: string): RegExp => new RegExp(`${name.replaceAll(/[^\w]/g, '\\$&')}[\\w$]`, 'i')
const bare = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

type Named = { kind: string; name: string }
const kindOf = (constraint: string): string =>
  constraint === 'foreign' ? 'foreign key' : constraint === 'check' ? 'check' : 'index'
const constraintNames = ({ kind, name }: { kind: string; name?: string }): Named[] =>
  name === undefined ? [] : [{ kind: kindOf(kind), name }]

/** Everything that a change gives a name to, by kind. */
function named(change: Change): Named[] {
  if (change.do === 'create table')
    return [
      { kind: 'table', name: bare(change.table) },
      ...change.columns.map(({ name }) => ({ kind: 'column', name })),
      ...change.constraints.flatMap(constraintNames),
    ]
  if (change.do === 'add column') return [{ kind: 'column', name: change.column.name }]
  if (change.do === 'rename column') return [{ kind: 'column', name: change.to }]
  if (change.do === 'rename table') return [{ kind: 'table', name: change.to }]
  if (change.do === 'create index') return change.name === undefined ? [] : [{ kind: 'index', name: change.name }]
  if (change.do === 'create schema') return [{ kind: 'schema', name: change.name }]
  if (change.do === 'create view' || change.do === 'create type') return [{ kind: 'table', name: bare(change.name) }]
  return change.do === 'add constraint' ? constraintNames(change.constraint) : []
}

const convention = (id: string, kind: string, code: string): Rule => ({
  id,
  also: [code],
  severity: 'warning',
  what: `The name of a ${kind} that is not lower_snake_case must be quoted everywhere`,
  remedy: 'Use lower-case letters, digits and underscores.',
  check(change) {
    const found = named(change).find((one) => one.kind === kind && !snake.test(one.name))
    return found && `The ${kind} '${found.name}' is not lower_snake_case.`
  },
})

export const namingRules: readonly Rule[] = [
  convention('naming-schema', 'schema', 'NM101'),
  convention('naming-table', 'table', 'NM102'),
  convention('naming-column', 'column', 'NM103'),
  convention('naming-index', 'index', 'NM104'),
  convention('naming-foreign-key', 'foreign key', 'NM105'),
  convention('naming-check', 'check', 'NM106'),
  {
    id: 'identifier-too-long',
    severity: 'warning',
    what: 'PostgreSQL cuts names at 63 bytes without a word',
    remedy: 'Shorten it.',
    check(change, { statement }) {
      // The parser has cut it already; the text still has what followed.
      const found = named(change).find(
        ({ name }) => Buffer.byteLength(name) === bytesMax && wordAfter(name).test(statement.text),
      )
      return found && `'${found.name}…' is longer than ${bytesMax} bytes.`
    },
  },
]
