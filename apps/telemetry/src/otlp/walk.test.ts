import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeRequest, requestFrom } from './messages.ts'
import { walk, WireError } from './walk.ts'

const text = fc.string({ maxLength: 8 })
const scalar = fc.oneof(
  fc.record({ stringValue: text }),
  fc.record({ boolValue: fc.boolean() }),
  fc.record({ intValue: fc.integer() }),
  fc.record({ doubleValue: fc.double() }),
  fc.constant({}),
)
const compound = fc.oneof(
  fc.record({ arrayValue: fc.record({ values: fc.array(scalar, { maxLength: 3 }) }) }),
  fc.constant({ bytesValue: Buffer.from('x') }),
)
const attributesOf = (value: fc.Arbitrary<object>) => fc.array(fc.record({ key: text, value }), { maxLength: 3 })
const id = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const spanOf = (value: fc.Arbitrary<object>) =>
  fc.record({
    traceId: id(16),
    spanId: fc.oneof(id(8), id(3)),
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    attributes: attributesOf(value),
    status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text }),
  })
const encode = (spans: object[]): Uint8Array =>
  encodeRequest('traces', requestFrom('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] }))

const isValid = ({ traceId, spanId }: { traceId: Uint8Array; spanId: Uint8Array }): boolean =>
  traceId.some((byte) => byte !== 0) && spanId.length === 8 && spanId.some((byte) => byte !== 0)

test('every request with scalar values is counted exactly and can be stored as it is', () => {
  fc.assert(
    fc.property(fc.array(spanOf(scalar), { maxLength: 5 }), (spans) => {
      const rejected = spans.filter((span) => !isValid(span)).length
      expect(walk('traces', encode(spans))).toEqual({ records: spans.length, rejected, unusual: false })
    }),
  )
})

test('a compound value anywhere is noticed', () => {
  fc.assert(
    fc.property(spanOf(compound), (span) => {
      expect(walk('traces', encode([span])).unusual).toBe(span.attributes.length > 0)
    }),
  )
})

test('any bytes are either walked or refused, and never more', () => {
  fc.assert(
    fc.property(fc.constantFrom('traces', 'metrics', 'logs'), fc.uint8Array({ maxLength: 200 }), (signal, bytes) => {
      try {
        walk(signal, bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(WireError)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a message cut at any byte but the last is refused or has fewer records', () => {
  const whole = encode([{ traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), name: 'a span' }])
  for (let length = 1; length < whole.length; length++) {
    expect(() => walk('traces', whole.subarray(0, length))).toThrow(WireError)
  }
})

test('values nested without end are refused', () => {
  let value: object = { stringValue: 'deep' }
  for (let depth = 0; depth < 45; depth++) value = { arrayValue: { values: [value] } }
  const bytes = encode([
    { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 2), attributes: [{ key: 'k', value }] },
  ])
  expect(() => walk('traces', bytes)).toThrow(/nested/)
})
