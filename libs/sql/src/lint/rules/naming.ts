import type { Change } from '../../grammar/change.ts'
import type { Rule } from '../rule.ts'

const snake = /^[a-z_][a-z0-9_]*$/
const bytesMax = 63
const wordAfter = (name: string): RegExp => new RegExp(`${name.replaceAll(/[^\w]/g, '\\$&')}[\\w$]`, 'i')
const bare = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

/** Everything that a change gives a name to, by kind. */
function named(change: Change): { kind: string; name: string }[] {
  switch (change.do) {
    case 'create table':
      return [
        { kind: 'table', name: bare(change.table) },
        ...change.columns.map(({ name }) => ({ kind: 'column', name })),
        ...change.constraints.flatMap(({ kind, name }) =>
          name === undefined
            ? []
            : [{ kind: kind === 'foreign' ? 'foreign key' : kind === 'check' ? 'check' : 'index', name }],
        ),
      ]
    case 'add column':
      return [{ kind: 'column', name: change.column.name }]
    case 'rename column':
      return [{ kind: 'column', name: change.to }]
    case 'rename table':
      return [{ kind: 'table', name: change.to }]
    case 'create index':
      return change.name === undefined ? [] : [{ kind: 'index', name: change.name }]
    case 'create schema':
      return [{ kind: 'schema', name: change.name }]
    case 'create view':
    case 'create type':
      return [{ kind: 'table', name: bare(change.name) }]
    case 'add constraint': {
      const { kind, name } = change.constraint
      if (name === undefined) return []
      return [{ kind: kind === 'foreign' ? 'foreign key' : kind === 'check' ? 'check' : 'index', name }]
    }
    default:
      return []
  }
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
