import { describe, expect, test } from 'vitest'
import type { Incompatibility, Schema } from '../format.ts'
import { jsonSchemaFormat } from './json-schema.ts'
import { readJson, type Json, type JsonMap } from '../json-text.ts'

const parsed = (schema: Json): Schema => jsonSchemaFormat.parse({ text: JSON.stringify(schema), references: [] })
const check = (schema: Json): void => void parsed(schema)
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
    ['REQUIRED_ATTRIBUTE_ADDED', '/required/a', closed({ a: text }, ['a']), closed({ a: text })],
    ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL', '/properties/b', closed({ a: text }), closed({ a: text, b: text })],
    ['TYPE_NARROWED', '/properties/a/type', closed({ a: text }), closed({ a: { type: ['string', 'integer'] } })],
    ['TYPE_ADDED', '/type', text, {}],
    ['ENUM_ARRAY_NARROWED', '/enum', { enum: ['a'] }, { enum: ['a', 'b'] }],
    ['MAX_LENGTH_DECREASED', '/maxLength', { type: 'string', maxLength: 3 }, { type: 'string', maxLength: 5 }],
    ['MINIMUM_ADDED', '/minimum', { type: 'integer', minimum: 0 }, { type: 'integer' }],
    ['PATTERN_ADDED', '/pattern', { type: 'string', pattern: '^a' }, text],
    [
      'ADDITIONAL_PROPERTIES_REMOVED',
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
    ['PROPERTY_NAMES_ADDED', '/propertyNames', { type: 'object', propertyNames: { maxLength: 3 } }, { type: 'object' }],
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
