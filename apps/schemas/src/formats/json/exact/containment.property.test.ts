import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import { isValid } from '../json-validate.ts'
import { readDocument, type JsonDocument } from '../json-document.ts'
import type { Schema } from '../../format.ts'
import { jsonSchemaFormat } from '../json-schema.ts'
import { rewritten } from '../json-keywords.ts'
import { uncontained } from './containment.ts'

/** The usual run is the same each time; a longer one begins elsewhere each time. */
const longRuns = process.env['PLINTH_PROPERTY_RUNS']
const runs = longRuns === undefined ? { numRuns: 60, seed: 4 } : { numRuns: Number(longRuns) }
const schemaOf = (schema: Json): Schema => jsonSchemaFormat.parse({ text: JSON.stringify(schema), references: [] })
const documentOf = (schema: Json): JsonDocument => readDocument({ text: JSON.stringify(schema), references: [] })

const names = fc.constantFrom('a', 'b', 'ab', 'c')
const atoms: readonly Json[] = [
  null,
  true,
  false,
  0,
  1,
  2,
  4,
  1.5,
  -3,
  '',
  'a',
  'ab',
  'b1',
  [],
  ['a'],
  [1, 1],
  { a: 1 },
]
const scalars = fc.oneof(
  fc.constantFrom<Json>(true, false, {}, { type: 'string' }, { type: 'integer' }, { type: 'null' }),
  fc.record(
    {
      type: fc.constantFrom<Json>('string', 'integer', 'number', ['string', 'null'], ['integer', 'boolean'], 'object'),
      minimum: fc.constantFrom(0, 1, 1.5),
      exclusiveMaximum: fc.constantFrom(2, 4),
      maximum: fc.constantFrom(1, 2),
      multipleOf: fc.constantFrom(1, 2, 0.5),
      minLength: fc.constantFrom(0, 1),
      maxLength: fc.constantFrom(1, 2),
      pattern: fc.constantFrom('^a', 'b', '^[ab]*$'),
    },
    { requiredKeys: [] },
  ),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom(...atoms), { minLength: 1, maxLength: 4 }) }),
  fc.record({ const: fc.constantFrom(...atoms) }),
) as fc.Arbitrary<Json>

const schemas = fc.letrec<{ node: Json }>((tie) => {
  const node = tie('node')
  const nodes = fc.array(node, { minLength: 1, maxLength: 3 })
  const some = (keys: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Json> =>
    fc.record(keys, { requiredKeys: [] }) as fc.Arbitrary<Json>
  return {
    node: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 3, arbitrary: scalars },
      some({
        type: fc.constant('object'),
        properties: fc.dictionary(names, node, { maxKeys: 3 }),
        required: fc.uniqueArray(names, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.constant(false), node),
        patternProperties: fc.dictionary(fc.constantFrom('^a', 'b'), node, { maxKeys: 2 }),
        propertyNames: fc.constantFrom<Json>({ maxLength: 1 }, { pattern: '^a' }, { enum: ['a', 'b'] }),
        minProperties: fc.constantFrom(0, 1),
        maxProperties: fc.constantFrom(1, 2),
      }),
      some({
        properties: fc.dictionary(names, node, { maxKeys: 2 }),
        dependentRequired: fc.dictionary(names, fc.uniqueArray(names, { maxLength: 2 }), { maxKeys: 2 }),
        dependentSchemas: fc.dictionary(names, node, { maxKeys: 1 }),
        unevaluatedProperties: fc.oneof(fc.constant(false), node),
        allOf: nodes,
      }),
      some({
        type: fc.constant('array'),
        prefixItems: fc.array(node, { minLength: 1, maxLength: 2 }),
        items: node,
        contains: node,
        minContains: fc.constantFrom(0, 1, 2),
        maxContains: fc.constantFrom(1, 2),
        minItems: fc.constantFrom(0, 1),
        maxItems: fc.constantFrom(1, 2),
        uniqueItems: fc.boolean(),
        unevaluatedItems: fc.constantFrom<Json>(false, true),
      }),
      some({ anyOf: nodes, type: fc.constantFrom('string', 'object') }),
      some({ oneOf: nodes }),
      some({ allOf: nodes, minLength: fc.constantFrom(1, 2) }),
      some({ not: node }),
      some(Object.fromEntries(['if', 'then', 'else'].map((keyword) => [keyword, node]))),
      fc.constantFrom<Json>({ $ref: '#/$defs/one' }, { $ref: '#/$defs/two' }),
    ),
  }
}).node

/** Definitions go into the payload before they refer to anything, so that no reference leads back to itself in place. */
const documents = fc.record({ root: schemas, one: schemas, two: schemas }).map(({ root, one, two }): JsonMap => {
  const properties = (schema: Json): Json => ({ properties: { a: schema }, items: schema })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    allOf: [root],
    $defs: { one: properties(one), two: properties(two) },
  }
})

/** Two that differ in one place, so that verdicts are not all the same. */
const pairs = fc
  .tuple(documents, fc.nat({ max: 1000 }), schemas, fc.boolean())
  .map(([one, choice, change, isTurned]): { writer: Json; reader: Json } => {
    const places: string[] = []
    rewritten(one, (schema, at) => {
      if (at !== '') places.push(at)
      return schema
    })
    const place = places[choice % places.length]
    const changed = isMap(change) ? change : change === true ? {} : { not: {} }
    const other = rewritten(one, (schema, at) => (at === place ? changed : schema))
    return isTurned ? { writer: other, reader: one } : { writer: one, reader: other }
  })

const values = fc
  .letrec<{ node: Json }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 2 },
      { weight: 3, arbitrary: fc.constantFrom(...atoms) },
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(names, tie('node'), { maxKeys: 3 }),
    ),
  }))
  .node.map((value) => JSON.parse(JSON.stringify(value)) as Json)

test(
  'what is called readable has no counter-example: what the writer allows, the reader allows',
  { timeout: 1_200_000 },
  () => {
    const verdicts = { readable: 0, unreadable: 0 }
    fc.assert(
      fc.property(pairs, fc.array(values, { minLength: 30, maxLength: 30 }), ({ reader, writer }, samples) => {
        let documents: readonly [JsonDocument, JsonDocument]
        try {
          documents = [documentOf(reader), documentOf(writer)]
        } catch {
          return // no good schema: a change in the wrong place
        }
        if (JSON.stringify(reader) === JSON.stringify(writer)) return
        if (uncontained(...documents).length > 0) return void verdicts.unreadable++
        verdicts.readable++
        for (const value of [...samples, ...atoms])
          if (isValid(documents[1], value))
            expect(isValid(documents[0], value), JSON.stringify({ reader, writer, value })).toBe(true)
      }),
      runs,
    )
    expect(verdicts.readable).toBeGreaterThan(runs.numRuns / 10)
  },
)

test(
  'no pair makes a policy fail, and each payload that is given is read by the writer alone',
  { timeout: 1_200_000 },
  () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom('STRICT', 'LENIENT', 'EXACT'), ({ reader, writer }, policy) => {
        let both: readonly [Schema, Schema]
        try {
          both = [schemaOf(reader), schemaOf(writer)]
        } catch {
          return
        }
        for (const { rule, message, edit, example } of jsonSchemaFormat.unreadable(...both, policy)) {
          expect([rule, message, edit]).not.toContain('')
          if (example === undefined) continue
          const payload: unknown = JSON.parse(example.payload)
          expect([both[0].problems(payload)?.length === 0, both[1].problems(payload)]).toEqual([false, []])
        }
      }),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 4) },
    )
  },
)

test('a schema always reads what was written by itself', { timeout: 1_200_000 }, () => {
  fc.assert(
    fc.property(documents, (schema) => {
      let both: readonly [JsonDocument, JsonDocument]
      try {
        both = [documentOf(schema), documentOf(schema)]
      } catch {
        return
      }
      expect(uncontained(...both)).toEqual([])
    }),
    { ...runs, numRuns: runs.numRuns / 5 },
  )
})
