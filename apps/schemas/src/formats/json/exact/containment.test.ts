import { describe, expect, test } from 'vitest'
import type { Schema } from '../../format.ts'
import type { Json, JsonMap } from '../../json-text.ts'
import { jsonSchemaFormat } from '../json-schema.ts'

const parsed = (schema: Json): Schema => jsonSchemaFormat.parse({ text: JSON.stringify(schema), references: [] })
const unreadable = (reader: Json, writer: Json, policy: 'STRICT' | 'EXACT' = 'EXACT') =>
  jsonSchemaFormat.unreadable(parsed(reader), parsed(writer), policy)

const text: Json = { type: 'string' }
const whole: Json = { type: 'integer' }
const number: Json = { type: 'number' }
const object = (more: JsonMap): Json => ({ type: 'object', ...more })
const list = (more: JsonMap): Json => ({ type: 'array', ...more })
const event = (name: string, more: JsonMap = {}): Json => ({
  type: 'object',
  properties: { kind: { const: name }, ...more },
  required: ['kind'],
})

const when = (...parts: readonly [condition: Json, consequence: Json]): JsonMap =>
  Object.fromEntries(['if', 'then'].map((keyword, index) => [keyword, parts[index] ?? true]))
const conditional = (pattern: string): Json => ({ type: 'string', ...when({ minLength: 3 }, { pattern }) })

describe('what Confluent never compares is refused, with a payload that shows it', () => {
  test.each<[rule: string, path: string, writer: Json, reader: Json]>([
    [
      'TYPE_NARROWED',
      '/patternProperties/^x-/type',
      object({ patternProperties: { '^x-': { type: ['string', 'integer'] } } }),
      object({ patternProperties: { '^x-': text } }),
    ],
    [
      'PATTERN_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
      '/patternProperties/^x-',
      object({}),
      object({ patternProperties: { '^x-': text } }),
    ],
    [
      'REQUIRED_ATTRIBUTE_ADDED',
      '/then/required/b',
      object({ properties: { a: text, b: text } }),
      object({
        properties: { a: text, b: text },
        ...when({ properties: { a: { const: 'x' } }, required: ['a'] }, { required: ['b'] }),
      }),
    ],
    ['ENUM_ARRAY_ADDED', '/else/const', whole, { type: 'integer', if: { minimum: 0 }, else: { const: -1 } }],
    ['PROPERTY_NAMES_ADDED', '/propertyNames', object({}), object({ propertyNames: { maxLength: 3 } })],
    [
      'PROPERTY_NAMES_NARROWED',
      '/propertyNames',
      object({ propertyNames: { maxLength: 5 } }),
      object({ propertyNames: { maxLength: 3 } }),
    ],
    ['FORMAT_ADDED', '/format', text, { type: 'string', format: 'date' }],
    ['FORMAT_CHANGED', '/format', { type: 'string', format: 'date' }, { type: 'string', format: 'date-time' }],
    ['MULTIPLE_OF_CHANGED', '/multipleOf', { type: 'number', multipleOf: 0.1 }, { type: 'number', multipleOf: 0.3 }],
    ['CONTAINS_ADDED', '/contains', list({}), list({ contains: text })],
    ['CONTAINS_NARROWED', '/contains', list({ contains: number }), list({ contains: whole })],
    [
      'MAX_CONTAINS_DECREASED',
      '/maxContains',
      list({ contains: text, maxContains: 3 }),
      list({ contains: text, maxContains: 2 }),
    ],
    ['DEPENDENCY_ARRAY_ADDED', '/dependentRequired/a', object({}), object({ dependentRequired: { a: ['b'] } })],
    [
      'MIN_PROPERTIES_ADDED',
      '/dependentSchemas/a/minProperties',
      object({}),
      object({ dependentSchemas: { a: { minProperties: 3 } } }),
    ],
    [
      'UNEVALUATED_PROPERTIES_REMOVED',
      '/unevaluatedProperties',
      object({ allOf: [{ properties: { a: text } }] }),
      object({ allOf: [{ properties: { a: text } }], unevaluatedProperties: false }),
    ],
    ['SUM_TYPE_OVERLAPS', '/oneOf/1', { oneOf: [whole] }, { oneOf: [whole, number] }],
    ['REQUIRED_ATTRIBUTE_ADDED', '/required/a', object({}), object({ required: ['a'] })],
    ['NOT_TYPE_EXTENDED', '/not', text, { type: 'string', not: { pattern: 'x' } }],
    [
      'EXCLUSIVE_MAXIMUM_DECREASED',
      '/exclusiveMaximum',
      { maximum: 5, type: 'number' },
      { type: 'number', exclusiveMaximum: 5 },
    ],
    ['ENUM_ARRAY_NARROWED', '/enum', { enum: [1, 2] }, { enum: [1] }],
    [
      'TYPE_NARROWED',
      '/prefixItems/1/type',
      list({ prefixItems: [text], items: number }),
      list({ prefixItems: [text, whole], items: number }),
    ],
  ])('%s at %s', (rule, path, writer, reader) => {
    const reason = unreadable(reader, writer).find((one) => one.rule === rule && one.path === path)
    expect(unreadable(reader, writer).map((one) => [one.rule, one.path])).toContainEqual([rule, path])
    expect(reason?.edit).toBeTruthy()
    const payload: unknown = JSON.parse(reason?.example?.payload ?? 'null')
    expect([parsed(writer).problems(payload), parsed(reader).problems(payload)?.length === 0]).toEqual([[], false])
  })

  test('how bytes are written into text, of which no validator has a say', () => {
    const encoded = (contentEncoding: string): Json => ({ type: 'string', contentEncoding })
    expect(unreadable(encoded('base64'), encoded('base16'))).toMatchObject([{ rule: 'CONTENT_ENCODING_CHANGED' }])
  })

  test.each<[string, Json, Json]>([
    ['a pattern', object({ patternProperties: { '^x-': number } }), object({ patternProperties: { '^x-': whole } })],
    ['a condition', conditional('^a'), conditional('^b')],
    ['names', object({}), object({ propertyNames: { maxLength: 3 } })],
    ['a format', text, { type: 'string', format: 'date' }],
    ['what is contained', list({ contains: number }), list({ contains: whole })],
  ])('and STRICT lets it pass, as Confluent does: %s', (_name, writer, reader) => {
    expect(unreadable(reader, writer, 'STRICT')).toEqual([])
    expect(unreadable(reader, writer)).not.toEqual([])
  })
})

describe('what is proven harmless passes', () => {
  test.each<[string, writer: Json, reader: Json]>([
    [
      'an alternative that is told apart by a constant',
      { oneOf: [event('a'), event('b')] },
      { oneOf: [event('a'), event('b'), event('c')] },
    ],
    [
      'an alternative that takes more',
      { oneOf: [event('a', { n: whole })] },
      { oneOf: [event('a', { n: number }), event('b')] },
    ],
    ['a type for each of the alternatives', { type: ['string', 'integer'] }, { anyOf: [text, number] }],
    ['values that a pattern takes', { enum: ['ab', 'ac'] }, { type: 'string', pattern: '^a', maxLength: 2 }],
    [
      'constants of any kind',
      { const: { a: [1, 2] } },
      object({ properties: { a: list({ items: whole, maxItems: 2 }) }, required: ['a'] }),
    ],
    ['1.0 for 1', { const: 1 }, { enum: [1, 2] }],
    ['limits of whole numbers', { type: 'integer', maximum: 9 }, { type: 'integer', exclusiveMaximum: 10 }],
    [
      'what several conditions say together',
      { allOf: [text, { minLength: 1 }, { maxLength: 3 }] },
      { type: 'string', maxLength: 5 },
    ],
    [
      'a base by reference',
      { $ref: '#/$defs/base', required: ['a'], $defs: { base: object({ properties: { a: text } }) } },
      object({ properties: { a: text }, required: ['a'] }),
    ],
    [
      'names that are all listed',
      object({ properties: { a: text }, additionalProperties: false }),
      object({ propertyNames: { maxLength: 1 } }),
    ],
    [
      'a condition that the writer keeps already',
      object({ required: ['a', 'b'] }),
      object(when({ required: ['a'] }, { required: ['b'] })),
    ],
    [
      'a dependency of what is required anyway',
      object({ required: ['b'] }),
      object({ dependentRequired: { a: ['b'] } }),
    ],
    [
      'items of which there are enough',
      list({ items: whole, minItems: 2 }),
      list({ contains: number, minContains: 2 }),
    ],
    ['an exclusion of what can not be', { type: 'integer' }, { not: text }],
    [
      'a closed whole that stays as it was',
      object({ allOf: [{ properties: { a: text } }], unevaluatedProperties: false }),
      object({ allOf: [{ properties: { a: text } }], unevaluatedProperties: false }),
    ],
    [
      'a list that ends earlier',
      list({ prefixItems: [text, whole], items: false }),
      list({ prefixItems: [text, number], items: text }),
    ],
    [
      'a pattern for what was closed',
      object({ additionalProperties: false }),
      object({ patternProperties: { '^x-': text }, additionalProperties: false }),
    ],
  ])('%s', (_name, writer, reader) => {
    expect(unreadable(reader, writer)).toEqual([])
  })

  test('the same limits in drafts that write them differently', () => {
    const old: Json = {
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'number',
      maximum: 5,
      exclusiveMaximum: true,
    }
    const young: Json = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'number', exclusiveMaximum: 5 }
    expect([unreadable(young, old), unreadable(old, young)]).toEqual([[], []])
  })
})

describe('recursion', () => {
  const tree = (value: Json): Json => object({ properties: { value, children: list({ items: { $ref: '#' } }) } })

  test('a recursive schema that takes more reads the narrower one', () => {
    expect(unreadable(tree(number), tree(whole))).toEqual([])
  })

  test('a difference that only shows deeper is found', () => {
    expect(unreadable(tree(whole), tree(number)).map((one) => one.path)).toContain('/properties/value/type')
  })

  test('one that goes back by another way is compared by what it says', () => {
    const unrolled: Json = {
      $ref: '#/$defs/a',
      $defs: {
        a: object({ properties: { value: number, children: list({ items: { $ref: '#/$defs/b' } }) } }),
        b: object({ properties: { value: text, children: list({ items: { $ref: '#/$defs/a' } }) } }),
      },
    }
    expect(unreadable(unrolled, tree(number))).not.toEqual([])
  })
})

test('choices that multiply are called breaking within limits', () => {
  const choices = (depth: number, last: string): Json =>
    depth === 0
      ? { const: last }
      : { anyOf: [1, 2, 3].map((n) => object({ properties: { [`p${n}`]: choices(depth - 1, `${last}${n}`) } })) }
  const started = process.threadCpuUsage().user / 1_000
  expect(unreadable(choices(4, 'a'), choices(4, 'b'))).not.toEqual([])
  expect(process.threadCpuUsage().user / 1_000 - started).toBeLessThan(2_000)
})
