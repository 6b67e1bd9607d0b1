import { expect, test } from 'vitest'
import { reviewFrom } from './commands/schema-reviews.ts'
import { allOf } from './pages.ts'
import { kindOf, references, schemaKind, uses } from './schema-file.ts'
import { payloadsOf } from './schema-payloads.ts'
import { declaredIn } from './schema-score.ts'

test.each([
  ['order.avsc', '{}', 'AVRO'],
  ['order.proto', '', 'PROTOBUF'],
  ['shop.graphql', '', 'GRAPHQL'],
  ['0001_orders.sql', '', 'SQL'],
  ['api.yaml', '# the API\nopenapi: 3.1.0\n', 'OPENAPI'],
  ['api.json', '{ "openapi": "3.1.0" }', 'OPENAPI'],
  ['events.yml', 'asyncapi: 3.0.0', 'ASYNCAPI'],
  ['order.json', '{"type":"record","name":"Order","fields":[]}', 'AVRO'],
  ['order.json', '{"type":"object","properties":{"openapi":{}}}', 'JSON'],
  ['-', '{"type":"array"}', 'JSON'],
  ['-', 'true', 'JSON'],
])('%s with %j is a schema of %s', (file, text, kind) => expect(kindOf(file, text)).toBe(kind))

test('a file that does not tell its language is asked about, not guessed', () => {
  expect(kindOf('order.txt', 'message Order {}')).toBeUndefined()
  expect(schemaKind('protobuf')).toBe('PROTOBUF')
  expect(() => schemaKind('thrift')).toThrow(/avro, json/)
})

test('references and uses are a name with its version, and anything else is a mistake of the command line', () => {
  const [one, other] = references('b=payments/money', references('com.shop.Money=money:2'))
  expect([one, other]).toEqual([
    { name: 'com.shop.Money', subject: 'money', version: 2 },
    { name: 'b', subject: 'payments/money', version: -1 },
  ])
  expect(() => references('money:2')).toThrow()
  expect(uses('orders:2, payments/entry:1')).toEqual([
    { subject: 'orders', version: 2 },
    { subject: 'payments/entry', version: 1 },
  ])
  expect(() => uses('orders')).toThrow()
})

test('a score.yaml says what it writes and reads by its annotations', () => {
  const text = 'metadata:\n  name: ledger\n  annotations:\n    plinth.dev/produces: entry:2\n'
  expect(declaredIn('score.yaml', text)).toEqual({ produces: [{ subject: 'entry', version: 2 }], consumes: [] })
  expect(declaredIn('score.yaml', '')).toEqual({ produces: [], consumes: [] })
  expect(() => declaredIn('score.yaml', text.replace('entry:2', 'entry'))).toThrow(/plinth.dev\/produces/)
})

test('payloads are one file, one a line, or each of an array', () => {
  expect(payloadsOf('a.json', '[1,2]', false)).toEqual([[1, 2]])
  expect(payloadsOf('a.json', '[1,2]', true)).toEqual([1, 2])
  expect(payloadsOf('a.jsonl', '{"a":1}\n\n{"a":2}\n', false)).toEqual([{ a: 1 }, { a: 2 }])
  expect(() => payloadsOf('a.jsonl', '{}\n{', false)).toThrow(/Line 2/)
  expect(() => payloadsOf('a.json', '{}', true)).toThrow(/no array/)
})

test('a review is named by the link of its refusal, by subject and id, or by its id alone', async () => {
  const api = { listSchemaReviews: async () => ({ items: [{ id: 'rvw_2', subject: 'entry' }] }) } as never
  const found = { project: 'payments', subject: 'entry', review: 'rvw_2' }
  expect(await reviewFrom(api, 'http://localhost:8080/projects/payments/schemas/entry/reviews/rvw_2', undefined, undefined)).toEqual(found) // prettier-ignore
  expect(await reviewFrom(api, 'entry', 'rvw_2', 'payments')).toEqual(found)
  expect(await reviewFrom(api, 'rvw_2', undefined, 'payments')).toEqual(found)
  await expect(reviewFrom(api, 'rvw_3', undefined, 'payments')).rejects.toThrow(/no review/)
})

test('pages are read until there is enough', async () => {
  const asked: number[] = []
  const page = async ({ limit, cursor = '0' }: { limit: number; cursor?: string }) => {
    asked.push(limit)
    return { items: Array.from({ length: limit }, (_item, at) => Number(cursor) + at), nextCursor: String(Number(cursor) + limit) } // prettier-ignore
  }
  const { items, cut } = await allOf(page, 150)
  expect([items.length, items.at(-1), cut, asked]).toEqual([150, 149, true, [100, 50]])
})
