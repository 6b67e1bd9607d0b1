import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Incompatibility, Schema } from '../format.ts'
import { uncontained } from './exact/containment.ts'
import { readDocument, type JsonDocument } from './json-document.ts'
import { jsonSchemaFormat } from './json-schema.ts'
import { readJson, type Json, type JsonMap } from '../json-text.ts'

const parsed = (schema: Json): Schema => jsonSchemaFormat.parse({ text: JSON.stringify(schema), references: [] })
const check = (schema: Json): void => void parsed(schema)
const documentOf = (schema: Json): JsonDocument => readDocument({ text: JSON.stringify(schema), references: [] })
const unreadable = (reader: Json, writer: Json): readonly Incompatibility[] =>
  jsonSchemaFormat.unreadable(parsed(reader), parsed(writer), 'EXACT')

const closed = (properties: JsonMap, required: string[] = []): Json => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const text: Json = { type: 'string' }

describe('the new schema reads everything that the old one allowed', () => {
  test.each<[string, Json, Json]>([
    ['with the same schema', closed({ a: text }), closed({ a: text })],
    ['when a closed one gets an optional property', closed({ a: text, b: text }), closed({ a: text })],
    ['when a property is not required any more', closed({ a: text }), closed({ a: text }, ['a'])],
    ['when a limit is raised', { type: 'string', maxLength: 9 }, { type: 'string', maxLength: 5 }],
    ['when a type is added', { type: ['string', 'null'] }, text],
    ['when an enum gets a value', { enum: ['a', 'b'] }, { enum: ['a'] }],
    ['when integers become numbers', { type: 'number' }, { type: 'integer' }],
    [
      'when only words about it change',
      { type: 'string', title: 'New', description: 'x' },
      { type: 'string', title: 'Old' },
    ],
    ['through a reference', { $ref: '#/$defs/t', $defs: { t: text } }, text],
    [
      'when the schema is recursive',
      { type: 'object', properties: { next: { $ref: '#' } } },
      { type: 'object', properties: { next: { $ref: '#' } } },
    ],
    ['when a choice gets a branch', { anyOf: [text, { type: 'integer' }] }, { anyOf: [text] }],
  ])('%s', (_name, reader, writer) => {
    check(reader)
    expect(unreadable(reader, writer)).toEqual([])
  })
})

describe('a change that would refuse what was allowed is told with rule and place', () => {
  test.each<[string, string, Json, Json]>([
    ['REQUIRED_ATTRIBUTE_ADDED', '/required', closed({ a: text }, ['a']), closed({ a: text })],
    ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL', '/properties/b', closed({ a: text }), closed({ a: text, b: text })],
    ['TYPE_NARROWED', '/properties/a/type', closed({ a: text }), closed({ a: { type: ['string', 'integer'] } })],
    ['TYPE_ADDED', '/type', text, {}],
    ['ENUM_ARRAY_NARROWED', '/enum', { enum: ['a'] }, { enum: ['a', 'b'] }],
    ['MAX_LENGTH_DECREASED', '/maxLength', { type: 'string', maxLength: 3 }, { type: 'string', maxLength: 5 }],
    ['MINIMUM_ADDED', '/minimum', { type: 'integer', minimum: 0 }, { type: 'integer' }],
    ['PATTERN_ADDED', '/pattern', { type: 'string', pattern: '^a' }, text],
    [
      'ADDITIONAL_PROPERTIES_NARROWED',
      '/additionalProperties',
      closed({ a: text }),
      { type: 'object', properties: { a: text } },
    ],
    [
      'PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
      '/properties/b',
      { type: 'object', properties: { b: text } },
      { type: 'object' },
    ],
    ['CONSTRAINT_CHANGED', '/propertyNames', { type: 'object', propertyNames: { maxLength: 3 } }, { type: 'object' }],
  ])('%s', (rule, path, reader, writer) => {
    expect(unreadable(reader, writer).map((problem) => [problem.rule, problem.path])).toContainEqual([rule, path])
  })

  test('the same reference that leads to another definition is seen', () => {
    const schema = (target: Json): Json => ({ allOf: [{ $ref: '#/$defs/t' }], $defs: { t: target } })
    expect(unreadable(schema({ type: 'integer' }), schema(text))).not.toEqual([])
  })

  test('unevaluatedProperties is not taken as unchanged when the properties beside it changed', () => {
    const schema = (properties: JsonMap): Json => ({ type: 'object', properties, unevaluatedProperties: false })
    expect(unreadable(schema({}), schema({ a: text }))).not.toEqual([])
  })
})

describe('hostile schemas are refused', () => {
  test.each<[string, string]>([
    ['no JSON', '{'],
    ['a poisoned key', '{"properties":{"__proto__":{"type":"string"}}}'],
    ['deep nesting', `${'{"not":'.repeat(200)}{}${'}'.repeat(200)}`],
    ['a reference to a file', '{"$ref":"file:///etc/passwd"}'],
    ['a reference to another host', '{"$ref":"http://127.0.0.1/x"}'],
    ['a reference to nothing', '{"$ref":"#/$defs/none"}'],
    ['an unknown dialect', '{"$schema":"https://example.org/mine"}'],
    ['a type that does not exist', '{"type":"strnig"}'],
  ])('%s', (_name, schema) => {
    expect(() => check(readJson(schema))).toThrow(/not valid/)
  })
})

const scalar = fc.constantFrom<Json>(
  text,
  { type: 'integer' },
  { type: 'number', minimum: 1 },
  { type: ['string', 'null'] },
  { enum: ['a', 1, null] },
  { type: 'string', maxLength: 1 },
  { const: 'a' },
  true,
  { type: 'boolean' },
  { type: 'integer', multipleOf: 2 },
)
const schemas = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.record({
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node'), { maxKeys: 3 }),
      required: fc.uniqueArray(fc.constantFrom('a', 'b'), { maxLength: 2 }),
      additionalProperties: fc.constantFrom<Json>(true, false, text),
    }) as fc.Arbitrary<Json>,
    fc.record({
      type: fc.constant('array'),
      items: tie('node'),
      maxItems: fc.integer({ min: 0, max: 3 }),
    }) as fc.Arbitrary<Json>,
    fc.record({ anyOf: fc.array(tie('node'), { minLength: 1, maxLength: 3 }) }) as fc.Arbitrary<Json>,
    fc.record({ allOf: fc.array(tie('node'), { minLength: 1, maxLength: 2 }) }) as fc.Arbitrary<Json>,
  ),
})).node
const values = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<Json>('a', 'ab', '', 0, 1, 2, 1.5, -3, null, true),
    fc.array(tie('node'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('node'), { maxKeys: 4 }),
  ),
})).node

test(
  'a compatible verdict has no counter-example: what the writer allows, the reader allows',
  { timeout: 120_000 },
  () => {
    const validators = new Map<string, (value: Json) => boolean>()
    const validator = (schema: Json): ((value: Json) => boolean) => {
      const key = JSON.stringify(schema)
      const known =
        validators.get(key) ??
        (new Ajv2020({ strict: false, logger: false }).compile(schema as object) as (value: Json) => boolean)
      validators.set(key, known)
      return known
    }
    fc.assert(
      fc.property(schemas, schemas, fc.array(values, { minLength: 20, maxLength: 20 }), (reader, writer, samples) => {
        if (uncontained(documentOf(reader), documentOf(writer)).length > 0) return
        for (const value of samples)
          if (validator(writer)(value))
            expect(validator(reader)(value), JSON.stringify({ reader, writer, value })).toBe(true)
      }),
      { numRuns: process.env['PLINTH_LONG'] ? 20_000 : 100 },
    )
  },
)
