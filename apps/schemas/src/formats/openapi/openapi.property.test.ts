import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openapiFormat } from './openapi.ts'
import type { Schema } from '../format.ts'
import type { Json } from '../json-text.ts'

const places = 26
const numbersOf = fc.array(fc.nat(11), { minLength: places, maxLength: places })

/** A small description; each number chooses one of the variants at its place. */
function descriptionOf(numbers: readonly number[]): Json {
  const choose = <Value>(place: number, ...variants: readonly Value[]): Value =>
    variants[(numbers[place] ?? 0) % variants.length] as Value
  const is30 = choose(0, true, false)
  const nullable = (type: string): Json => (is30 ? { type, nullable: true } : { type: [type, 'null'] })
  const leaf = (place: number): Json =>
    choose<Json>(
      place,
      { type: 'integer' },
      { type: 'number' },
      { type: 'string', maxLength: 3 },
      { type: 'string' },
      nullable('integer'),
      { enum: ['a', 'b'] },
      { enum: ['a'] },
      is30 ? { type: 'integer', minimum: 1, exclusiveMinimum: true } : { type: 'integer', exclusiveMinimum: 1 },
    )
  const thing: Json = {
    type: 'object',
    // Closed, since one more property of an open object is let through on purpose.
    additionalProperties: false,
    required: choose<Json>(1, ['a'], ['a', 'b'], ['b']),
    properties: {
      a: leaf(2),
      b: choose<Json>(
        3,
        { readOnly: true, type: 'integer' },
        { writeOnly: true, type: 'integer' },
        { type: 'integer' },
      ),
      ...choose<object>(4, {}, { c: leaf(5) }, { c: { $ref: '#/components/schemas/Thing' } }),
    },
  }
  const parameter = choose<Json[]>(
    6,
    [],
    [{ name: 'q', in: 'query', required: choose(7, false, true), schema: leaf(8) }],
  )
  const content = (place: number): Json => ({
    ...choose<object>(place, {}, { 'application/xml': {} }),
    'application/json': {
      schema: choose<Json>(place + 1, { $ref: '#/components/schemas/Thing' }, leaf(place + 2), {
        type: 'array',
        items: leaf(place + 2),
      }),
    },
  })
  const header = { headers: { etag: { required: choose(10, true, false), schema: leaf(11) } } }
  return {
    openapi: is30 ? '3.0.3' : '3.1.0',
    info: { title: 'a', version: '1' },
    paths: {
      '/things/{id}': {
        get: {
          parameters: [{ name: 'id', in: 'path', required: true, schema: leaf(12) }, ...parameter],
          responses: {
            [choose(13, '200', '2XX', '201')]: { description: 'a', ...header, content: content(14) },
            ...choose<object>(17, {}, { default: { description: 'b', content: content(18) } }),
          },
        },
        ...choose<object>(
          21,
          {},
          {
            put: {
              parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
              requestBody: { required: choose(22, true, false), content: content(23) },
              responses: { 204: { description: 'a' } },
            },
          },
        ),
      },
    },
    components: { schemas: { Thing: thing } },
  }
}

const pairs = fc
  .tuple(numbersOf, fc.array(fc.tuple(fc.nat(places - 1), fc.nat(11)), { minLength: 1, maxLength: 3 }))
  .map(
    ([before, changes]) =>
      [before, before.map((one, at) => changes.find(([place]) => place === at)?.[1] ?? one)] as const,
  )

const values: readonly Json[] = [
  1,
  2,
  0,
  1.5,
  'a',
  'b',
  'abcd',
  null,
  [],
  [1],
  ['a'],
  [null],
  { a: 1 },
  { a: 'a' },
  { a: null },
  { b: 1 },
  { a: 1, b: 1 },
  { a: 'a', b: 1 },
  { a: 1, c: 1 },
  { a: 1, b: 1, c: { a: 1, b: 1 } },
  { a: 2, b: 1, c: 'a' },
  { a: 1.5 },
]
const exchanges: readonly Json[] = [
  ...['/things/1', '/things/a', '/things/abcd', '/things/0', '/things/1.5'].flatMap((path): Json[] => [
    { method: 'GET', path },
    ...[1, 'a', 'abcd', 1.5].map((q): Json => ({ method: 'GET', path, query: { q } })),
  ]),
  ...values.flatMap((body): Json[] => [
    { method: 'PUT', path: '/things/1', body },
    { method: 'GET', path: '/things/1', status: 200, headers: { etag: 'a' }, body },
    { method: 'GET', path: '/things/1', status: 201, body },
    { method: 'GET', path: '/things/1', status: 200, headers: { etag: '1' }, body },
  ]),
  { method: 'PUT', path: '/things/1' },
  { method: 'PUT', path: '/things/1', contentType: 'application/xml', body: 'x' },
]
const isAnswer = (exchange: Json): boolean => JSON.stringify(exchange).includes('"status"')

test('a compatible verdict has no request that is refused and no answer that is not expected; an example is always one', () => {
  let compatible = 0
  let shown = 0
  let told = 0
  const parse = (numbers: readonly number[]): Schema =>
    openapiFormat.parse({ text: JSON.stringify(descriptionOf(numbers)), references: [] })
  fc.assert(
    fc.property(pairs, ([before, after]) => {
      const writer = parse(before)
      const reader = parse(after)
      const found = openapiFormat.unreadable(reader, writer, 'STRICT')
      for (const { example } of found) {
        told++
        if (!example) continue
        shown++
        const payload: unknown = JSON.parse(example.payload)
        const [one, other] = example.validUnder === 'reader' ? [reader, writer] : [writer, reader]
        expect(one.problems(payload)).toEqual([])
        expect(other.problems(payload)).not.toEqual([])
      }
      if (found.length > 0) return
      compatible++
      for (const exchange of exchanges) {
        const [from, to] = isAnswer(exchange) ? [reader, writer] : [writer, reader]
        // A status that is new is told by EXACT alone.
        if (from.problems(exchange)?.length === 0 && !to.problems(exchange)?.some(({ path }) => path === '/status'))
          expect(
            to.problems(exchange),
            JSON.stringify({ before: writer.canonical, after: reader.canonical, exchange }),
          ).toEqual([])
      }
    }),
    { numRuns: process.env['PLINTH_LONG'] ? 5000 : 30, seed: 20_261_124 },
  )
  expect(compatible).toBeGreaterThan(5)
  expect(shown).toBeGreaterThan(told / 2)
})
