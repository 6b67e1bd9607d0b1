import fc from 'fast-check'
import { expect, test } from 'vitest'
import { asyncapiFormat } from './asyncapi.ts'
import type { Schema } from '../format.ts'
import type { Json } from '../json-text.ts'

const places = 12
const numbersOf = fc.array(fc.nat(11), { minLength: places, maxLength: places })

/** A small description; each number chooses one of the variants at its place. */
function descriptionOf(numbers: readonly number[]): Json {
  const choose = <Value>(place: number, ...variants: readonly Value[]): Value =>
    variants[(numbers[place] ?? 0) % variants.length] as Value
  const leaf = (place: number): Json =>
    choose<Json>(
      place,
      { type: 'integer' },
      { type: 'number' },
      { type: 'string', maxLength: 3 },
      { type: 'string' },
      { type: ['integer', 'null'] },
      { enum: ['a', 'b'] },
      { type: 'array', items: [{ type: 'string' }], additionalItems: choose(11, false, true) },
    )
  // Closed, since one more property of an open object is let through on purpose.
  const thing = (place: number): Json => ({
    type: 'object',
    additionalProperties: false,
    required: choose<Json>(place, ['a'], ['a', 'b'], []),
    properties: {
      a: leaf(place + 1),
      b: { type: 'integer' },
      ...choose<object>(place + 2, {}, { c: leaf(place + 1) }),
    },
  })
  const avro = {
    schemaFormat: 'application/vnd.apache.avro+json;version=1.9.0',
    schema: {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'a', type: choose<Json>(9, 'int', 'long', ['null', 'int'], 'string') },
        ...choose<Json[]>(10, [], [{ name: 'b', type: 'int', default: 1 }], [{ name: 'b', type: 'int' }]),
      ],
    },
  }
  const channel = (address: string, payload: Json): Json => ({
    address,
    messages: { M: { payload, headers: thing(6) } },
  })
  const operation = (action: string, name: string): Json => ({ action, channel: { $ref: `#/channels/${name}` } })
  return {
    asyncapi: '3.0.0',
    info: { title: 'a', version: '1' },
    channels: { in: channel('in', thing(0)), out: channel('out', thing(3)), avro: channel('avro', avro) },
    operations: {
      read: operation('receive', 'in'),
      write: operation('send', 'out'),
      more: operation(choose(8, 'send', 'send', 'receive'), 'avro'),
    },
  }
}

const pairs = fc
  .tuple(numbersOf, fc.array(fc.tuple(fc.nat(places - 1), fc.nat(11)), { minLength: 1, maxLength: 3 }))
  .map(
    ([before, changes]) =>
      [before, before.map((one, at) => changes.find(([place]) => place === at)?.[1] ?? one)] as const,
  )

const leaves: readonly Json[] = [1, 1.5, 'a', 'abcd', null, ['a'], ['a', 1], [1]]
const values: readonly Json[] = [
  {},
  { b: 1 },
  ...leaves.flatMap((a): Json[] => [{ a }, { a, b: 1 }, { a, b: 1, c: a }]),
  { a: { int: 1 } },
  { a: { int: 1 }, b: 2 },
]
const events: readonly { [key: string]: Json }[] = ['in', 'out', 'avro'].flatMap((channel) =>
  values.flatMap((value) => [
    { channel, payload: value },
    { channel, headers: value },
  ]),
)

test('a compatible verdict has no event that is sent and refused; an example is always one', () => {
  let compatible = 0
  let shown = 0
  let told = 0
  const parse = (numbers: readonly number[]): Schema =>
    asyncapiFormat.parse({ text: JSON.stringify(descriptionOf(numbers)), references: [] })
  fc.assert(
    fc.property(pairs, ([before, after]) => {
      const writer = parse(before)
      const reader = parse(after)
      const found = asyncapiFormat.unreadable(reader, writer, 'STRICT')
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
      for (const event of events) {
        // Payloads in Avro's JSON encoding are of one schema alone; its own property test compares what is decoded.
        if (event['channel'] === 'avro' && event['payload'] !== undefined) continue
        const sends = event['channel'] === 'out' || (event['channel'] === 'avro' && (after[8] ?? 0) % 3 !== 2)
        const [from, to] = sends ? [reader, writer] : [writer, reader]
        if (from.problems(event)?.length === 0)
          expect(
            to.problems(event),
            JSON.stringify({ before: writer.canonical, after: reader.canonical, event }),
          ).toEqual([])
      }
    }),
    { numRuns: process.env['PLINTH_LONG'] ? 5000 : 40, seed: 20_261_124 },
  )
  expect(compatible).toBeGreaterThan(5)
  expect(shown).toBeGreaterThan(told / 3)
})
