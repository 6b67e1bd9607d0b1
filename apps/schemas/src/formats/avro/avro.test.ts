import { describe, expect, test } from 'vitest'
import { avroFormat, unreadable } from './avro.ts'
import type { Json } from '../json-text.ts'

const check = (schema: Json): void => void avroFormat.parse({ text: JSON.stringify(schema), references: [] })

const record = (fields: Json[], more: object = {}): Json => ({ type: 'record', name: 'Entry', fields, ...more })
const rulesOf = (reader: Json, writer: Json): string[] => unreadable(reader, writer).map(({ rule }) => rule)
const amount = { name: 'amount', type: 'int' }

describe('an Avro reader reads what was written', () => {
  test.each<[string, Json, Json]>([
    ['with the same schema', record([amount]), record([amount])],
    ['when it leaves a field out', record([]), record([amount])],
    [
      'when its new field has a default',
      record([amount, { name: 'note', type: 'string', default: '' }]),
      record([amount]),
    ],
    ['when an int was promoted to a double', record([{ name: 'amount', type: 'double' }]), record([amount])],
    ['when text was written as bytes', 'string', 'bytes'],
    [
      'when a field was renamed with an alias',
      record([{ name: 'cents', type: 'int', aliases: ['amount'] }]),
      record([amount]),
    ],
    [
      'when the record moved to another namespace',
      record([amount], { namespace: 'b' }),
      record([amount], { namespace: 'a' }),
    ],
    [
      'when an enum that has a default lost a symbol',
      { type: 'enum', name: 'E', symbols: ['A'], default: 'A' },
      { type: 'enum', name: 'E', symbols: ['A', 'B'] },
    ],
    ['when a type became a branch of a union', ['null', 'string'], 'string'],
    [
      'when the schema is recursive',
      record([{ name: 'next', type: ['null', 'Entry'] }]),
      record([{ name: 'next', type: ['null', 'Entry'] }]),
    ],
  ])('%s', (_name, reader, writer) => {
    check(reader)
    check(writer)
    expect(rulesOf(reader, writer)).toEqual([])
  })
})

describe('each of the six incompatibilities is told with its place', () => {
  test.each<[string, Json, Json, string]>([
    ['READER_FIELD_MISSING_DEFAULT_VALUE', record([amount]), record([]), '/fields/0'],
    [
      'TYPE_MISMATCH',
      record([{ name: 'amount', type: 'int' }]),
      record([{ name: 'amount', type: 'string' }]),
      '/fields/0/type',
    ],
    ['NAME_MISMATCH', record([], { name: 'Other' }), record([]), '/name'],
    ['FIXED_SIZE_MISMATCH', { type: 'fixed', name: 'F', size: 8 }, { type: 'fixed', name: 'F', size: 4 }, '/size'],
    [
      'MISSING_ENUM_SYMBOLS',
      { type: 'enum', name: 'E', symbols: ['A'] },
      { type: 'enum', name: 'E', symbols: ['A', 'B'] },
      '/symbols',
    ],
    ['MISSING_UNION_BRANCH', ['null', 'string'], ['null', 'long'], ''],
  ])('%s', (rule, reader, writer, path) => {
    const problems = unreadable(reader, writer)
    expect(problems.map((problem) => [problem.rule, problem.path])).toContainEqual([rule, path])
  })

  test('all of them, not only the first', () => {
    expect(rulesOf(record([amount, { name: 'b', type: 'string' }]), record([{ name: 'b', type: 'int' }]))).toEqual([
      'READER_FIELD_MISSING_DEFAULT_VALUE',
      'TYPE_MISMATCH',
    ])
  })
})

test('unions that multiply end as too complex instead of running for ever', () => {
  const chain = (level: number): Json => ({
    type: 'record',
    name: `R${level}`,
    fields:
      level === 0
        ? [{ name: 'x', type: 'int' }]
        : [
            { name: 'a', type: ['null', chain(level - 1)] },
            { name: 'b', type: ['null', `R${level - 1}`] },
          ],
  })
  const began = performance.now()
  unreadable(chain(30), chain(30))
  expect(performance.now() - began).toBeLessThan(2000)
})

test('a schema that is none is refused with what is wrong', () => {
  expect(() => check({ type: 'recrod', name: 'X' })).toThrow(/not valid/)
})
