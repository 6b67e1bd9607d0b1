import { describe, expect, test } from 'vitest'
import type { Json, JsonMap } from '../../json-text.ts'
import { readDocument, type JsonDocument } from '../json-document.ts'
import { jsonSchemaFormat } from '../json-schema.ts'
import type { Found } from './context.ts'
import { differencesOf } from './differences.ts'
import { compatibleLenient, compatibleStrict, type BoundRule, type OpenPart, type Rule } from './rules.ts'
import { shapesOf } from './shape.ts'

type Change = readonly [writer: Json, reader: Json]
type Verdict = 'reads' | 'reads if lenient' | 'breaks'
type Table = Readonly<Partial<Record<Rule, readonly [Verdict, ...Change]>>>

const text: Json = { type: 'string' }
const whole: Json = { type: 'integer' }
const number: Json = { type: 'number' }
const object = (properties: JsonMap, more: JsonMap = {}): Json => ({ type: 'object', properties, ...more })
const closed = (properties: JsonMap, more: JsonMap = {}): Json =>
  object(properties, { additionalProperties: false, ...more })
const partly = (properties: JsonMap, more: JsonMap = {}): Json =>
  object(properties, { additionalProperties: text, ...more })
const tuple = (items: Json[], additionalItems: Json = true): Json => ({ type: 'array', items, additionalItems })
const defaulted: Json = { type: 'string', default: '' }

const words: Table = {
  ID_CHANGED: [
    'reads',
    { $id: 'https://example.org/a', type: 'string' },
    { $id: 'https://example.org/b', type: 'string' },
  ],
  TITLE_CHANGED: ['reads', { type: 'string', title: 'a' }, { type: 'string', title: 'b' }],
  DESCRIPTION_CHANGED: ['reads', { type: 'string', description: 'a' }, text],
  DEFAULT_CHANGED: ['reads', { type: 'string', default: 'a' }, { type: 'string', default: 'b' }],
}

const values: Table = {
  SCHEMA_ADDED: ['breaks', { type: 'array' }, { type: 'array', items: text }],
  SCHEMA_REMOVED: ['reads', { type: 'array', items: text }, { type: 'array' }],
  TYPE_EXTENDED: ['reads', whole, number],
  TYPE_NARROWED: ['breaks', number, whole],
  TYPE_CHANGED: ['breaks', text, whole],
  PATTERN_ADDED: ['breaks', text, { type: 'string', pattern: '^a' }],
  PATTERN_REMOVED: ['reads', { type: 'string', pattern: '^a' }, text],
  PATTERN_CHANGED: ['breaks', { type: 'string', pattern: '^a' }, { type: 'string', pattern: '^b' }],
  MULTIPLE_OF_ADDED: ['breaks', number, { type: 'number', multipleOf: 10 }],
  MULTIPLE_OF_REMOVED: ['reads', { type: 'number', multipleOf: 10 }, number],
  MULTIPLE_OF_EXPANDED: ['breaks', { type: 'number', multipleOf: 0.1 }, { type: 'number', multipleOf: 0.3 }],
  MULTIPLE_OF_REDUCED: ['reads', { type: 'number', multipleOf: 0.3 }, { type: 'number', multipleOf: 0.1 }],
  MULTIPLE_OF_CHANGED: ['breaks', { type: 'number', multipleOf: 10 }, { type: 'number', multipleOf: 11 }],
  ENUM_ARRAY_EXTENDED: ['reads', { enum: ['a'] }, { enum: ['a', 'b'] }],
  ENUM_ARRAY_NARROWED: ['breaks', { enum: ['a', 'b'] }, { enum: ['a'] }],
  ENUM_ARRAY_CHANGED: ['breaks', { const: 'a' }, { const: 'b' }],
  NOT_TYPE_NARROWED: ['reads', { not: number }, { not: whole }],
  NOT_TYPE_EXTENDED: ['breaks', { not: whole }, { not: number }],
}

const objects: Table = {
  REQUIRED_ATTRIBUTE_ADDED: ['breaks', object({ a: text }), object({ a: text }, { required: ['a'] })],
  REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED: [
    'reads',
    object({ a: defaulted }),
    object({ a: defaulted }, { required: ['a'] }),
  ],
  REQUIRED_ATTRIBUTE_REMOVED: ['reads', object({ a: text }, { required: ['a'] }), object({ a: text })],
  DEPENDENCY_ARRAY_ADDED: ['breaks', object({}), object({}, { dependencies: { a: ['b'] } })],
  DEPENDENCY_ARRAY_REMOVED: [
    'reads',
    object({}, { dependentRequired: { a: ['b'] } }),
    object({}, { dependentRequired: {} }),
  ],
  DEPENDENCY_ARRAY_EXTENDED: [
    'breaks',
    object({}, { dependencies: { a: ['b'] } }),
    object({}, { dependencies: { a: ['b', 'c'] } }),
  ],
  DEPENDENCY_ARRAY_NARROWED: [
    'reads',
    object({}, { dependencies: { a: ['b', 'c'] } }),
    object({}, { dependencies: { a: ['b'] } }),
  ],
  DEPENDENCY_ARRAY_CHANGED: [
    'breaks',
    object({}, { dependencies: { a: ['b'] } }),
    object({}, { dependencies: { a: ['c'] } }),
  ],
  DEPENDENCY_SCHEMA_ADDED: ['breaks', object({}), object({}, { dependencies: { a: { minProperties: 2 } } })],
  DEPENDENCY_SCHEMA_REMOVED: ['reads', object({}, { dependencies: { a: { minProperties: 2 } } }), object({})],
  REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: ['breaks', object({}), object({ a: text }, { required: ['a'] })],
  REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL: [
    'reads if lenient',
    object({}),
    object({ a: defaulted }, { required: ['a'] }),
  ],
  OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL: ['reads if lenient', object({}), object({ a: text })],
  PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL: ['reads', object({}), object({ a: {} })],
  REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL: ['breaks', closed({}), closed({ a: text }, { required: ['a'] })],
  REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL: [
    'reads',
    closed({}),
    closed({ a: defaulted }, { required: ['a'] }),
  ],
  OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL: ['reads', closed({}), closed({ a: text })],
  PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL: ['reads', closed({ a: false }), closed({})],
  PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL: ['reads if lenient', closed({ a: text }), closed({})],
  PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL: ['reads', object({ a: text }), object({})],
  PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ['reads', partly({ a: text }), partly({})],
  PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ['reads', partly({}), partly({ a: text })],
  // What is not covered differs by a rule of its own besides, and that one breaks in any case.
  PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ['breaks', partly({ a: whole }), partly({})],
  PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ['breaks', partly({}), partly({ a: whole })],
}

const arrays: Table = {
  UNIQUE_ITEMS_ADDED: ['breaks', { type: 'array' }, { type: 'array', uniqueItems: true }],
  UNIQUE_ITEMS_REMOVED: ['reads', { type: 'array', uniqueItems: true }, { type: 'array', uniqueItems: false }],
  ITEM_ADDED_TO_OPEN_CONTENT_MODEL: ['breaks', tuple([text]), tuple([text, text])],
  ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL: ['reads', tuple([text]), tuple([text, {}])],
  ITEM_ADDED_TO_CLOSED_CONTENT_MODEL: ['reads', tuple([text], false), tuple([text, whole], false)],
  ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL: ['reads', tuple([text, text]), tuple([text])],
  ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL: ['breaks', tuple([text, text], false), tuple([text], false)],
  ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL: ['reads', tuple([text, false], false), tuple([text], false)],
  ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ['reads', tuple([whole], text), tuple([whole, text], text)],
  ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ['breaks', tuple([whole], text), tuple([whole, whole], text)],
  ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: ['reads', tuple([whole, text], text), tuple([whole], text)],
  ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL: [
    'breaks',
    tuple([whole, whole], text),
    tuple([whole], text),
  ],
}

const choices: Table = {
  COMBINED_TYPE_EXTENDED: ['reads', { allOf: [text, { maxLength: 5 }] }, { anyOf: [text, { maxLength: 5 }] }],
  COMBINED_TYPE_CHANGED: ['breaks', { anyOf: [text, { maxLength: 5 }] }, { allOf: [text, { maxLength: 5 }] }],
  PRODUCT_TYPE_EXTENDED: [
    'breaks',
    { allOf: [{ minLength: 1 }, { maxLength: 5 }] },
    { allOf: [{ minLength: 1 }, { maxLength: 5 }, { pattern: '^a' }] },
  ],
  PRODUCT_TYPE_NARROWED: ['reads', { allOf: [{ minLength: 1 }, { pattern: '^a' }] }, { allOf: [{ minLength: 1 }] }],
  SUM_TYPE_EXTENDED: ['reads', { oneOf: [text, whole] }, { oneOf: [text, whole, { type: 'null' }] }],
  SUM_TYPE_NARROWED: ['breaks', { oneOf: [text, whole, { type: 'null' }] }, { oneOf: [text, whole] }],
  COMBINED_TYPE_SUBSCHEMAS_CHANGED: ['breaks', { oneOf: [text, whole] }, { oneOf: [text, { type: 'boolean' }] }],
}

/** Keyword, the schema that it stands in. */
const bounded: Readonly<Record<BoundRule, readonly [string, JsonMap]>> = {
  MAX_LENGTH: ['maxLength', { type: 'string' }],
  MIN_LENGTH: ['minLength', { type: 'string' }],
  MAXIMUM: ['maximum', { type: 'number' }],
  MINIMUM: ['minimum', { type: 'number' }],
  EXCLUSIVE_MAXIMUM: ['exclusiveMaximum', { type: 'number' }],
  EXCLUSIVE_MINIMUM: ['exclusiveMinimum', { type: 'number' }],
  MAX_PROPERTIES: ['maxProperties', { type: 'object' }],
  MIN_PROPERTIES: ['minProperties', { type: 'object' }],
  MAX_ITEMS: ['maxItems', { type: 'array' }],
  MIN_ITEMS: ['minItems', { type: 'array' }],
  MAX_CONTAINS: ['maxContains', { type: 'array', contains: { type: 'string' } }],
  MIN_CONTAINS: ['minContains', { type: 'array', contains: { type: 'string' } }],
}
const limits: Table = Object.fromEntries(
  Object.entries(bounded).flatMap(([name, [keyword, base]]) => {
    const [none, five, six] = [base, { ...base, [keyword]: 5 }, { ...base, [keyword]: 6 }]
    const isMax = name.includes('MAX')
    return [
      [`${name}_ADDED`, ['breaks', none, five]],
      [`${name}_REMOVED`, ['reads', five, none]],
      [`${name}_INCREASED`, [isMax ? 'reads' : 'breaks', five, six]],
      [`${name}_DECREASED`, [isMax ? 'breaks' : 'reads', six, five]],
    ]
  }),
)

const open: Readonly<Record<OpenPart, readonly [string, JsonMap]>> = {
  ADDITIONAL_PROPERTIES: ['additionalProperties', { type: 'object' }],
  UNEVALUATED_PROPERTIES: ['unevaluatedProperties', { type: 'object' }],
  ADDITIONAL_ITEMS: ['additionalItems', { type: 'array', items: [true] }],
  UNEVALUATED_ITEMS: ['unevaluatedItems', { type: 'array' }],
}
const rests: Table = Object.fromEntries(
  Object.entries(open).flatMap(([part, [keyword, base]]) => {
    const [any, some, none] = [base, { ...base, [keyword]: text }, { ...base, [keyword]: false }]
    const verdict: Verdict = part.endsWith('PROPERTIES') ? 'reads if lenient' : 'breaks'
    return [
      [`${part}_ADDED`, ['reads', none, any]],
      [`${part}_EXTENDED`, ['reads', some, any]],
      [`${part}_REMOVED`, [verdict, any, none]],
      [`${part}_NARROWED`, [verdict, any, some]],
    ]
  }),
)

const table: Table = { ...words, ...values, ...objects, ...arrays, ...choices, ...limits, ...rests }

const documentOf = (schema: Json): JsonDocument => readDocument({ text: JSON.stringify(schema), references: [] })
const differ = ([writer, reader]: Change, rules = compatibleStrict): Found =>
  differencesOf(shapesOf(documentOf(writer)), shapesOf(documentOf(reader)), rules)

describe('each difference has its name and its verdict', () => {
  test.each(Object.entries(table))('%s', (rule, [verdict, ...change]) => {
    expect(differ(change).differences.map((difference) => difference.rule)).toContain(rule)
    expect(differ(change).compatible).toBe(verdict === 'reads')
    expect(differ(change, compatibleLenient).compatible).toBe(verdict !== 'breaks')
  })

  test('none is without a case, and as many leave a reader able to read as Confluent lists', () => {
    const named = Object.keys(table)
    expect(named).toHaveLength(129)
    expect([...compatibleLenient].filter((rule) => !named.includes(rule))).toEqual([])
    expect([compatibleStrict.size, compatibleLenient.size]).toEqual([65, 74])
  })

  test('the same schema on both sides differs in nothing', () => {
    for (const [, [, ...change]] of Object.entries(table))
      for (const schema of change) expect(differ([schema, schema]).differences).toEqual([])
  })
})

describe('each refusal is explained', () => {
  const breaking = Object.entries(table).filter(([, [verdict]]) => verdict !== 'reads')
  test.each(breaking)('%s', (rule, [, writer, reader]) => {
    const [from, to] = [writer, reader].map((schema) =>
      jsonSchemaFormat.parse({ text: JSON.stringify(schema), references: [] }),
    )
    if (!from || !to) throw new Error('unreachable')
    const reason = jsonSchemaFormat.unreadable(to, from, 'STRICT').find((one) => one.rule === rule)
    expect(reason?.message).toBeTruthy()
    expect(reason?.edit).toBeTruthy()
    const payload: unknown = JSON.parse(reason?.example?.payload ?? 'null')
    expect([from.problems(payload), to.problems(payload)?.length !== 0]).toEqual([[], true])
  })
})
