import { describe, expect, test } from 'vitest'
import { catalogText, readCatalog, type Catalog, type ColumnOf } from './catalog.ts'
import { differencesOf } from './differences.ts'
import { sqlFormat } from './sql.ts'
import { unreadableCatalog } from './unreadable.ts'

const column = (name: string, type: string, more: Partial<ColumnOf> = {}): ColumnOf => ({ name, type, nullable: true, ...more }) // prettier-ignore
const table = (columns: ColumnOf[], name = 'orders'): Catalog['relations'][number] => ({
  name, kind: 'table', columns, constraints: [], indexes: [],
}) // prettier-ignore
const database = (columns: ColumnOf[], enums: Catalog['enums'] = []): Catalog => ({
  relations: [table(columns)],
  enums,
})
const id = column('id', 'bigint', { nullable: false })
const rulesOf = (reader: Catalog, writer: Catalog, policy: 'STRICT' | 'EXACT' = 'STRICT'): string[] =>
  unreadableCatalog(reader, writer, policy).map(({ rule, path }) => `${rule} ${path}`)

describe('code of an earlier schema', () => {
  const before = database([id, column('note', 'text')])

  test('does not mind what is added, as long as its own rows are still taken', () => {
    const after = database([id, column('note', 'text'), column('memo', 'text'), column('at', 'date', { nullable: false, default: 'now()' })]) // prettier-ignore
    expect(rulesOf(before, { ...after, relations: [...after.relations, table([id], 'lines')] })).toEqual([])
  })

  test.each<[string, Catalog, string]>([
    ['a table that is gone', { relations: [], enums: [] }, 'RELATION_REMOVED orders'],
    ['a column that is gone', database([id]), 'COLUMN_REMOVED orders.note'],
    ['a column of another type', database([id, column('note', 'integer')]), 'COLUMN_TYPE_CHANGED orders.note'],
    ['a column that it may leave out no longer', database([id, column('note', 'text', { nullable: false })]), 'COLUMN_REQUIRED orders.note'],
    ['a new column that it does not fill', database([id, column('note', 'text'), column('place', 'text', { nullable: false })]), 'COLUMN_REQUIRED_ADDED orders.place'],
  ])('misses %s', (_what, after, rule) => expect(rulesOf(before, after)).toEqual([rule])) // prettier-ignore

  test.each([
    ['integer', 'bigint', true],
    ['bigint', 'integer', false],
    ['character varying(10)', 'character varying(20)', true],
    ['character varying(20)', 'character varying(10)', false],
    ['character varying(20)', 'character varying', true],
    ['text', 'character varying(20)', false],
    ['character varying(20)', 'text', true],
    ['numeric(10,2)', 'numeric(12,2)', true],
    ['numeric(10,2)', 'numeric(12,0)', false],
    ['numeric(10,2)', 'numeric', true],
    ['timestamp(3) with time zone', 'timestamp with time zone', true],
    ['timestamp without time zone', 'timestamp with time zone', false],
  ])('reads %s where there is %s now: %s', (was, is, reads) =>
    expect(rulesOf(database([column('c', was)]), database([column('c', is)]))).toHaveLength(reads ? 0 : 1),
  )

  test('misses values of an enum that are gone; new ones only where one asks for all that may surprise', () => {
    const mood = (values: string[]): Catalog => database([id], [{ name: 'mood', values }])
    expect(rulesOf(mood(['a', 'b']), mood(['a']))).toEqual(['ENUM_VALUE_REMOVED type mood'])
    expect(rulesOf(mood(['a']), mood(['a', 'b']))).toEqual([])
    expect(rulesOf(mood(['a']), mood(['a', 'b']), 'EXACT')).toEqual(['ENUM_VALUE_ADDED type mood'])
    expect(rulesOf(mood(['a']), database([id]))).toEqual(['ENUM_REMOVED type mood'])
  })
})

describe('the difference of two schemas', () => {
  test('names each place with what was and what is', () => {
    const before: Catalog = { relations: [{ ...table([id, column('note', 'text')]), indexes: [{ name: 'by_note', definition: 'btree (note)' }] }], enums: [] } // prettier-ignore
    const after: Catalog = { relations: [table([id, column('note', 'text', { nullable: false })]), table([id], 'lines')], enums: [{ name: 'mood', values: ['a'] }] } // prettier-ignore
    expect(differencesOf(before, after)).toEqual([
      { path: 'lines', what: 'relation', after: 'table' },
      { path: 'orders.note', what: 'column', before: 'text', after: 'text not null' },
      { path: 'orders.by_note', what: 'index', before: 'btree (note)' },
      { path: 'type mood', what: 'enum', after: 'a' },
    ])
    expect(differencesOf(after, after)).toEqual([])
  })
})

describe('the text of a schema', () => {
  test('is the same whatever the order in which it was told, and keeps nothing that a catalog has not', () => {
    const lines = table([id], 'lines')
    const told: Catalog = { relations: [table([id]), lines], enums: [] }
    const again = JSON.stringify({ enums: [], more: 1, relations: [{ ...lines, oid: 7 }, table([id])] })
    expect(sqlFormat.parse({ text: again, references: [] }).canonical).toBe(catalogText(told))
  })

  test.each(['', '[]', '{"relations":1,"enums":[]}', '{"relations":[{"name":"a"}],"enums":[]}'])('is refused where it is no catalog: %s', (text) => {
    expect(() => readCatalog(text)).toThrow(expect.objectContaining({ code: 'schemas.schema_invalid' }))
  }) // prettier-ignore

  test('has its columns as fields, for documents and search', () => {
    const schema = sqlFormat.parse({ text: catalogText(database([id, column('note', 'text', { comment: 'Free words' })])), references: [] }) // prettier-ignore
    expect(schema.fields()).toEqual([
      { path: 'orders.id', type: 'bigint', required: true },
      { path: 'orders.note', type: 'text', required: false, doc: 'Free words' },
    ])
  })
})
