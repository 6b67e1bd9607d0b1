import { describe, expect, test } from 'vitest'
import { avroFormat } from './avro.ts'
import type { Incompatibility, Policy, Schema } from '../format.ts'
import type { Json } from '../json-text.ts'

const parse = (schema: Json, ...references: Json[]): Schema =>
  avroFormat.parse({
    text: JSON.stringify(schema),
    references: references.map((reference, index) => ({ name: `r${index}`, text: JSON.stringify(reference) })),
  })
const reasons = (reader: Json, writer: Json, policy: Policy = 'STRICT'): readonly Incompatibility[] =>
  avroFormat.unreadable(parse(reader), parse(writer), policy)
const rulesOf = (reader: Json, writer: Json, policy?: Policy): string[] =>
  reasons(reader, writer, policy).map(({ rule }) => rule)

const record = (fields: Json[], more: object = {}): Json => ({ type: 'record', name: 'Entry', fields, ...more })
const field = (type: Json, more: object = {}): Json => ({ name: 'amount', type, ...more })
const enumeration = (symbols: string[], more: object = {}): Json => ({ type: 'enum', name: 'E', symbols, ...more })
const fixed = (size: number, more: object = {}): Json => ({ type: 'fixed', name: 'F', size, ...more })
const amount = field('int')
const decimal = (precision: number, scale: number): Json => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
})

describe('an Avro reader reads what was written', () => {
  test.each<[string, Json, Json]>([
    ['with the same schema', record([amount]), record([amount])],
    ['when it leaves a field out', record([]), record([amount])],
    [
      'when its new field has a default',
      record([amount, { name: 'note', type: 'string', default: '' }]),
      record([amount]),
    ],
    ['when the default is null', record([field(['null', 'int'], { default: null })]), record([])],
    ['when int becomes long', 'long', 'int'],
    ['when int becomes float', 'float', 'int'],
    ['when int becomes double', 'double', 'int'],
    ['when long becomes float', 'float', 'long'],
    ['when long becomes double', 'double', 'long'],
    ['when float becomes double', 'double', 'float'],
    ['when bytes become text', 'string', 'bytes'],
    ['when text becomes bytes', 'bytes', 'string'],
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
      'when the record was renamed with an alias',
      record([], { name: 'b.New', aliases: ['a.Entry'] }),
      record([], { namespace: 'a' }),
    ],
    [
      'when an alias without namespace is in the same one',
      record([], { name: 'a.New', aliases: ['Entry'] }),
      record([], { namespace: 'a' }),
    ],
    ['when an enum gets a symbol', enumeration(['A', 'B']), enumeration(['A'])],
    ['when an enum that has a default lost a symbol', enumeration(['A'], { default: 'A' }), enumeration(['A', 'B'])],
    ['when a type became a branch of a union', ['null', 'string'], 'string'],
    ['when a union got a branch', ['null', 'string', 'int'], ['null', 'string']],
    ['when a union became the one type that reads all of it', 'double', ['int', 'float']],
    ['when a branch is promoted', ['null', 'long'], ['null', 'int']],
    [
      'through lists and maps',
      { type: 'array', items: { type: 'map', values: 'long' } },
      { type: 'array', items: { type: 'map', values: 'int' } },
    ],
    [
      'when the schema holds itself',
      record([{ name: 'next', type: ['null', 'Entry'] }]),
      record([{ name: 'next', type: ['null', 'Entry'] }]),
    ],
    [
      'when only a logical type changed',
      { type: 'long', logicalType: 'timestamp-micros' },
      { type: 'long', logicalType: 'timestamp-millis' },
    ],
    ['when only the scale of a decimal changed', decimal(9, 2), decimal(9, 4)],
  ])('%s', (_name, reader, writer) => {
    expect(rulesOf(reader, writer)).toEqual([])
    expect(rulesOf(reader, writer, 'LENIENT')).toEqual([])
  })
})

describe('each incompatibility is told with both places, a payload that shows it, and the change that would pass', () => {
  test.each<[string, Json, Json, string, string, unknown, RegExp]>([
    ['READER_FIELD_MISSING_DEFAULT_VALUE', record([amount]), record([]), '/fields/0', '', {}, /"default":0/],
    [
      'TYPE_MISMATCH',
      record([{ name: 'a', type: 'int', default: 0 }, amount]),
      record([field('string')]),
      '/fields/1/type',
      '/fields/0/type',
      { amount: 'text' },
      /Keep string/,
    ],
    ['TYPE_MISMATCH', 'int', ['int', 'string'], '', '/1', { string: 'text' }, /Keep string/],
    [
      'TYPE_MISMATCH',
      record([field(enumeration(['A'], { default: 'A' }))]),
      record([]),
      '/fields/0/type',
      '',
      {},
      /"default":"A"/,
    ],
    ['NAME_MISMATCH', record([], { name: 'Other' }), record([]), '/name', '/name', {}, /"aliases":\["Entry"\]/],
    ['NAME_MISMATCH', enumeration(['A'], { name: 'O' }), enumeration(['A']), '/name', '/name', 'A', /aliases/],
    ['NAME_MISMATCH', fixed(2, { name: 'O' }), fixed(2), '/name', '/name', '\u0001\u0001', /aliases/],
    ['FIXED_SIZE_MISMATCH', fixed(8), fixed(4), '/size', '/size', '\u0001\u0001\u0001\u0001', /Keep the size/],
    ['MISSING_ENUM_SYMBOLS', enumeration(['A']), enumeration(['A', 'B']), '/symbols', '/symbols', 'B', /"default":"A"/],
    ['MISSING_UNION_BRANCH', ['null', 'string'], ['null', 'long'], '', '/1', { long: 1 }, /Add "long"/],
    ['MISSING_UNION_BRANCH', ['null', 'string'], 'long', '', '', 1, /Add "long"/],
    ['MISSING_UNION_BRANCH', ['null', record([amount])], ['null', record([])], '', '/1', { Entry: {} }, /"default":0/],
    [
      'AMBIGUOUS_ALIASES',
      record([field('int', { aliases: ['cents'] })]),
      record([amount, { name: 'cents', type: 'int' }]),
      '/fields/0',
      '',
      { amount: 1, cents: 1 },
      /only one/,
    ],
    [
      'TYPE_MISMATCH',
      { type: 'array', items: 'int' },
      { type: 'array', items: 'string' },
      '/items',
      '/items',
      ['text'],
      /Keep/,
    ],
    [
      'TYPE_MISMATCH',
      { type: 'map', values: 'int' },
      { type: 'map', values: 'string' },
      '/values',
      '/values',
      { key: 'text' },
      /Keep/,
    ],
  ])('%s %#', (rule, reader, writer, path, writerPath, payload, edit) => {
    const found = reasons(reader, writer)
    expect(found.map((one) => [one.rule, one.path, one.writerPath ?? one.path])).toEqual([[rule, path, writerPath]])
    expect(found[0]?.edit).toMatch(edit)
    expect(found[0]?.example?.validUnder).toBe('writer')
    expect(JSON.parse(found[0]?.example?.payload ?? 'null')).toEqual(payload)
    expect(parse(writer).problems(payload)).toEqual([])
  })

  test.each<[Json, Json]>([
    ['int', 'long'],
    ['long', 'float'],
    ['float', 'double'],
    ['int', 'boolean'],
    ['null', 'int'],
    ['string', fixed(1)],
    [fixed(1), 'bytes'],
    ['string', enumeration(['A'])],
    [{ type: 'map', values: 'int' }, record([amount])],
    [{ type: 'array', items: 'int' }, 'int'],
  ])('%j does not read %j', (reader, writer) => expect(rulesOf(reader, writer)).toEqual(['TYPE_MISMATCH']))

  test('all of them, not only the first, and each once', () => {
    const inner = { type: 'record', name: 'Inner', fields: [{ name: 'x', type: 'int' }] }
    const other = { type: 'record', name: 'Inner', fields: [{ name: 'x', type: 'string' }] }
    const both = (type: Json): Json => record([amount, { name: 'b', type }, { name: 'c', type: 'Inner' }])
    const old = record([
      { name: 'b', type: other },
      { name: 'c', type: 'Inner' },
    ])
    expect(reasons(both(inner), old).map(({ rule, path }) => [rule, path])).toEqual([
      ['READER_FIELD_MISSING_DEFAULT_VALUE', '/fields/0'],
      ['TYPE_MISMATCH', '/fields/1/type/fields/0/type'],
    ])
  })

  test('the example reaches into what holds it', () => {
    const schema = (symbols: string[]): Json =>
      record([
        { name: 'lines', type: { type: 'array', items: ['null', { type: 'map', values: enumeration(symbols) }] } },
      ])
    const [found] = reasons(schema(['A']), schema(['A', 'B']))
    expect(found).toMatchObject({ rule: 'MISSING_UNION_BRANCH', message: expect.stringContaining('B') as string })
    expect(JSON.parse(found?.example?.payload ?? '')).toEqual({ lines: [{ map: { key: 'B' } }] })
  })

  test('what was concluded from a pair that turned out not to fit is taken back', () => {
    const side = (broken: Json): Json => [
      'null',
      record([
        { name: 'b', type: { type: 'record', name: 'B', fields: [{ name: 'back', type: ['null', 'Entry'] }] } },
        { name: 'x', type: broken },
      ]),
    ]
    const outer = (broken: Json): Json => ({
      type: 'record',
      name: 'Outer',
      fields: [
        { name: 'first', type: side(broken) },
        { name: 'second', type: 'B' },
      ],
    })
    expect(reasons(outer('int'), outer('string')).map(({ path }) => path)).toEqual([
      '/fields/0/type',
      '/fields/1/type/fields/0/type',
    ])
  })
})

describe('EXACT tells what Apache Avro reads and a consumer gets wrong', () => {
  const E = (symbols: string[], more: object = {}): Json => enumeration(symbols, more)
  test.each<[string, Json, Json, string]>([
    [
      'LOGICAL_TYPE_CHANGED',
      { type: 'long', logicalType: 'timestamp-micros' },
      { type: 'long', logicalType: 'timestamp-millis' },
      '/logicalType',
    ],
    ['LOGICAL_TYPE_CHANGED', { type: 'int', logicalType: 'date' }, 'int', '/logicalType'],
    ['DECIMAL_SCALE_CHANGED', decimal(9, 4), decimal(9, 2), '/scale'],
    ['DECIMAL_PRECISION_DECREASED', decimal(8, 2), decimal(9, 2), '/precision'],
    ['ENUM_ORDER_CHANGED', E(['B', 'A']), E(['A', 'B']), '/symbols'],
    ['ENUM_DEFAULT_CHANGED', E(['A', 'B'], { default: 'B' }), E(['A', 'B'], { default: 'A' }), '/default'],
    [
      'FIELD_DEFAULT_CHANGED',
      record([field('int', { default: 1 })]),
      record([field('int', { default: 0 })]),
      '/fields/0/default',
    ],
    ['FIELD_DEFAULT_REMOVED', record([amount]), record([field('int', { default: 0 })]), '/fields/0/default'],
    ['PROMOTION_LOSES_PRECISION', 'double', 'long', ''],
    ['DECIMAL_SCALE_CHANGED', ['null', decimal(9, 4)], ['null', decimal(9, 2)], '/scale'],
  ])('%s', (rule, reader, writer, path) => {
    expect(rulesOf(reader, writer)).toEqual([])
    expect(reasons(reader, writer, 'EXACT').map((one) => [one.rule, one.path])).toEqual([[rule, path]])
  })

  test('and passes what is harmless', () => {
    expect(rulesOf(decimal(10, 2), decimal(9, 2), 'EXACT')).toEqual([])
    expect(rulesOf(E(['A', 'B', 'C']), E(['A', 'C']), 'EXACT')).toEqual([])
    expect(rulesOf(record([field('long', { default: 0 })]), record([amount]), 'EXACT')).toEqual([])
  })

  test('beside what no policy reads', () => {
    const reader = record([amount, { name: 'at', type: { type: 'int', logicalType: 'date' } }])
    expect(rulesOf(reader, record([{ name: 'at', type: 'int' }]), 'EXACT')).toEqual([
      'READER_FIELD_MISSING_DEFAULT_VALUE',
      'LOGICAL_TYPE_CHANGED',
    ])
  })
})

describe('what takes too long ends', () => {
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

  test('unions that multiply', () => {
    const began = process.threadCpuUsage().user / 1_000
    expect(rulesOf(chain(20), chain(20), 'EXACT')).toEqual([])
    expect(parse(chain(20)).fields().length).toBe(5000)
    expect(process.threadCpuUsage().user / 1_000 - began).toBeLessThan(2000)
  })

  test('a record of 500 fields is compared in well under 5 ms', () => {
    const wide = (type: Json): Json =>
      record(Array.from({ length: 500 }, (_, index) => ({ name: `f${index}`, type: ['null', type], default: null })))
    const reader = parse(wide('long'))
    const writer = parse(wide('int'))
    const times = Array.from({ length: 20 }, () => {
      const began = process.threadCpuUsage().user / 1_000
      expect(avroFormat.unreadable(reader, writer, 'EXACT')).toEqual([])
      return process.threadCpuUsage().user / 1_000 - began
    })
    expect(Math.min(...times)).toBeLessThan(5)
  })
})
