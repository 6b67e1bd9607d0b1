import { describe, expect, test } from 'vitest'
import type { NamedText, Schema } from '../format.ts'
import type { Json, JsonMap } from '../json-text.ts'
import { jsonSchemaFormat } from './json-schema.ts'

const parsed = (schema: Json | string, references: readonly NamedText[] = []): Schema =>
  jsonSchemaFormat.parse({ text: typeof schema === 'string' ? schema : JSON.stringify(schema), references })
const named = (name: string, schema: Json): NamedText => ({ name, text: JSON.stringify(schema) })
const takes = (schema: Schema, payload: unknown): boolean => schema.problems(payload)?.length === 0

describe('each draft reads its own keywords and no others', () => {
  const drafts = {
    '4': 'http://json-schema.org/draft-04/schema#',
    '6': 'http://json-schema.org/draft-06/schema#',
    '7': 'http://json-schema.org/draft-07/schema#',
    '2019-09': 'https://json-schema.org/draft/2019-09/schema',
    '2020-12': 'https://json-schema.org/draft/2020-12/schema',
  }
  test.each<[keyof typeof drafts, string, JsonMap, Json]>([
    ['4', 'exclusiveMaximum as a flag', { maximum: 3, exclusiveMaximum: true }, 3],
    ['6', 'const', { const: 1 }, 2],
    ['7', 'if and then', Object.fromEntries(['if', 'then'].map((key, index) => [key, index === 0])), 1],
    ['2019-09', 'dependentRequired', { dependentRequired: { a: ['b'] } }, { a: 1 }],
    [
      '2019-09',
      'unevaluatedProperties',
      { allOf: [{ properties: { a: true } }], unevaluatedProperties: false },
      { b: 1 },
    ],
    ['2020-12', 'prefixItems', { prefixItems: [{ type: 'string' }] }, [1]],
  ])('draft %s: %s', (draft, _what, keywords, payload) => {
    expect(takes(parsed({ $schema: drafts[draft], ...keywords }), payload)).toBe(false)
  })

  test.each<[keyof typeof drafts, string, JsonMap, Json]>([
    ['4', 'const', { const: 1 }, 2],
    ['6', 'if and then', Object.fromEntries(['if', 'then'].map((key, index) => [key, index === 0])), 1],
    ['7', 'dependentRequired', { dependentRequired: { a: ['b'] } }, { a: 1 }],
    ['2019-09', 'prefixItems', { prefixItems: [{ type: 'string' }] }, [1]],
    ['7', 'nullable of another language', { type: 'integer', nullable: true }, 1],
    ['7', 'a switch of the validator', { type: 'integer', $async: true }, 1],
  ])('draft %s takes no notice of %s', (draft, _what, keywords, payload) => {
    expect(takes(parsed({ $schema: drafts[draft], ...keywords }), payload)).toBe(true)
  })

  test('one that names no draft is read as draft 7, or as 2020-12 where it uses what came later', () => {
    expect(takes(parsed({ items: [{ type: 'string' }] }), [1])).toBe(false)
    expect(takes(parsed({ prefixItems: [{ type: 'string' }] }), [1])).toBe(false)
  })
})

describe('references', () => {
  const address = named('address.json', {
    $id: 'https://example.org/address.json',
    type: 'object',
    properties: { street: { type: 'string' }, country: { $ref: 'country.json' } },
    definitions: { zip: { type: 'string', maxLength: 5 } },
  })
  const country = named('country.json', { enum: ['DE', 'FR'] })

  test.each<[string, Json, Json]>([
    ['a registered name', { properties: { at: { $ref: 'address.json' } } }, { at: { street: 1 } }],
    ['a place in it', { properties: { at: { $ref: 'address.json#/definitions/zip' } } }, { at: '123456' }],
    ['its own name', { properties: { at: { $ref: 'https://example.org/address.json' } } }, { at: { street: 1 } }],
    ['what it refers to itself', { properties: { at: { $ref: 'address.json' } } }, { at: { country: 'XX' } }],
    [
      'an anchor',
      { $defs: { a: { $anchor: 'here', type: 'string' } }, properties: { at: { $ref: '#here' } } },
      { at: 1 },
    ],
    [
      'an id within',
      {
        $id: 'https://example.org/s',
        definitions: { a: { $id: 'a.json', type: 'string' } },
        properties: { at: { $ref: 'a.json' } },
      },
      { at: 1 },
    ],
    [
      'escaped places',
      { definitions: { 'a/b~c %': { type: 'string' } }, properties: { at: { $ref: '#/definitions/a~1b~0c%20%25' } } },
      { at: 1 },
    ],
    ['itself', { properties: { at: { $ref: '#' } }, additionalProperties: false }, { at: { at: { to: 1 } } }],
    [
      'itself, as 2019-09 has it',
      {
        $schema: 'https://json-schema.org/draft/2019-09/schema',
        properties: { at: { $recursiveRef: '#' } },
        additionalProperties: false,
      },
      { at: { to: 1 } },
    ],
    [
      'itself, as 2020-12 has it',
      { $dynamicAnchor: 'node', properties: { at: { $dynamicRef: '#node' } }, additionalProperties: false },
      { at: { to: 1 } },
    ],
  ])('to %s are followed', (_what, schema, refused) => {
    const document = parsed(schema, [country, address])
    expect([takes(document, {}), takes(document, refused)]).toEqual([true, false])
  })

  test('to the id and the anchor of a part in 2020-12 are followed', () => {
    const document = parsed({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'https://example.org/s',
      $defs: { a: { $id: 'a.json', $anchor: 'b', type: 'string' } },
      properties: { at: { $ref: 'a.json#b' } },
    })
    expect([takes(document, { at: 'x' }), takes(document, { at: 1 })]).toEqual([true, false])
  })

  test('a reference in another draft is refused, as the same words would mean something else', () => {
    const old = named('old.json', { $schema: 'http://json-schema.org/draft-04/schema#' })
    expect(() => parsed({ prefixItems: [{ $ref: 'old.json' }] }, [old])).toThrow(/another draft/)
  })
})

describe('hostile schemas are refused', () => {
  const refers = (to: string): Json => ({ properties: { a: { $ref: to } } })
  test.each<[string, Json | string, RegExp]>([
    ['no JSON', '{', /no JSON/],
    ['no schema', '[]', /an object, or true or false/],
    ['a poisoned key', '{"properties":{"__proto__":{"type":"string"}}}', /may not be called '__proto__'/],
    ['a poisoned key in data', '{"const":{"constructor":1}}', /may not be called 'constructor'/],
    ['deep nesting', `${'{"not":'.repeat(200)}{}${'}'.repeat(200)}`, /nested more than 100 deep/],
    ['too many values', { enum: Array.from({ length: 100_001 }, (_, index) => index) }, /more than 100000 values/],
    ['too much text', { title: 'x'.repeat(1_100_000) }, /more than 1048576 characters/],
    ['a number that no double holds', '{"const":1e400}', /no double holds/],
    ['a reference to a file', refers('file:///etc/passwd'), /nothing is fetched/],
    ['a reference to another host', refers('http://169.254.169.254/latest/meta-data'), /nothing is fetched/],
    ['a reference to nothing', refers('#/$defs/none'), /names nothing/],
    ['a reference to what is no schema', { required: ['a'], ...(refers('#/required') as JsonMap) }, /names nothing/],
    ['a reference to what an object inherits', refers('#/toString'), /names nothing/],
    [
      'a reference to what no meta-schema looked at',
      { ...(refers('#/x/y') as JsonMap), x: { y: { type: 'strnig' } } },
      /allowed values/,
    ],
    [
      'a list without values',
      { $schema: 'https://json-schema.org/draft/2020-12/schema', enum: [] },
      /one value or more/,
    ],
    ['references in a circle', { $ref: '#/definitions/a', definitions: { a: { $ref: '#' } } }, /leads back to itself/],
    ['a choice that asks itself', { anyOf: [{ type: 'string' }, { $ref: '#' }] }, /leads back to itself/],
    ['an unknown draft', { $schema: 'https://example.org/mine' }, /not known/],
    ['a draft that is no text', { $schema: 4 }, /not known/],
    ['a type that does not exist', { type: 'strnig' }, /allowed values/],
    ['a back-reference', { pattern: '(a+)\\1' }, /grows only with the text/],
    ['a look-behind', { patternProperties: { '(?<=a)b': true } }, /grows only with the text/],
    ['repeats of repeats', { pattern: '((a{1000}){1000}){1000}' }, /grows only with the text/],
    ['no regular expression', { pattern: '(' }, /not valid/],
    [
      'a reference whose meaning hangs on the way to it',
      {
        $defs: { a: { $dynamicAnchor: 'n' }, b: { $id: 'b', $dynamicAnchor: 'n' } },
        properties: { a: { $dynamicRef: '#n' } },
      },
      /several meanings/,
    ],
  ])('%s', (_name, schema, message) => {
    expect(() => parsed(schema)).toThrow(message)
  })

  test('a chain of references longer than any reader needs', () => {
    const links = Array.from({ length: 600 }, (_, index) => [`d${index}`, { $ref: `#/definitions/d${index + 1}` }])
    const definitions = { ...(Object.fromEntries(links) as JsonMap), d600: {} }
    expect(() => parsed({ $ref: '#/definitions/d0', definitions })).toThrow(/chain of more than 500/)
  })

  test('more patterns, or larger ones, than can be compiled in a moment', () => {
    const patterns = Array.from({ length: 300 }, (_, index) => [`p${index}`, { pattern: `^[a-z]{1,400}${index}` }])
    expect(() => parsed({ properties: Object.fromEntries(patterns) as JsonMap })).toThrow(/patterns are too many/)
  })

  test('more listed values than can be compared with each other', () => {
    const values = Array.from({ length: 5_000 }, (_, index) => `v${index}`)
    expect(() => parsed({ enum: values })).toThrow(/more values than can be compared/)
    expect(() => parsed({ enum: values.slice(0, 4_000) })).not.toThrow()
  })
})
