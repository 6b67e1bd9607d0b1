import type { Signal } from '../storage/inserts.ts'

/** What the walk has to know of a field; the wire types are protobuf's (0 varint, 1 fixed64, 2 length, 5 fixed32). */
export type Field = {
  wire: 0 | 1 | 2 | 5
  repeated?: true
  packable?: true
  message?: Shape
  /** A value that the store takes as text only. */
  compound?: true
  /** An id of so many bytes, not all zero; counts as a required member that is there. */
  idBytes?: number
  /** Counts as a required member that is there unless it is empty. */
  filled?: true
}

export type Shape = {
  fields: (Field | undefined)[]
  isRecord?: true
  /** How many of the required members there are: without them, what the message holds is rejected. */
  required?: number
}

function shape(fields: Readonly<Record<number, Field>>, more: Omit<Shape, 'fields'> = {}): Shape {
  const list: (Field | undefined)[] = []
  for (const [number, field] of Object.entries(fields)) list[Number(number)] = field
  return { fields: Array.from({ length: 16 }, (_, number) => list[number]), ...more }
}

const varint: Field = { wire: 0 }
const fixed64: Field = { wire: 1 }
const bytes: Field = { wire: 2 }
const one = (message: Shape): Field => ({ wire: 2, message })
const many = (message: Shape): Field => ({ wire: 2, message, repeated: true })

// The field numbers are those of otlp.proto.
const anyValue = shape({ 1: bytes, 2: varint, 3: varint, 4: fixed64, 7: { wire: 2, compound: true }, 8: varint })
const keyValue = shape({ 1: bytes, 2: one(anyValue) })
anyValue.fields[5] = { wire: 2, compound: true, message: shape({ 1: many(anyValue) }) }
anyValue.fields[6] = { wire: 2, compound: true, message: shape({ 1: many(keyValue) }) }
const attributes = many(keyValue)
const resource = one(shape({ 1: attributes }))
const scope = one(shape({ 1: bytes }))
const request = (records: Shape): Shape =>
  shape({ 1: many(shape({ 1: resource, 2: many(shape({ 1: scope, 2: many(records) })) })) })

const span = shape(
  {
    1: { wire: 2, idBytes: 16 },
    2: { wire: 2, idBytes: 8 },
    4: bytes,
    5: bytes,
    6: varint,
    7: fixed64,
    8: fixed64,
    9: attributes,
    15: one(shape({ 2: bytes, 3: varint })),
  },
  { isRecord: true, required: 2 },
)

const logRecord = shape(
  { 1: fixed64, 2: varint, 3: bytes, 5: one(anyValue), 6: attributes, 9: bytes, 10: bytes, 11: fixed64 },
  { isRecord: true },
)

const record = { isRecord: true } as const
const numbers = many(shape({ 2: fixed64, 3: fixed64, 4: fixed64, 6: fixed64, 7: attributes, 8: varint }, record))
const list: Field = { wire: 1, repeated: true, packable: true }
const histograms = many(
  shape({ 2: fixed64, 3: fixed64, 4: fixed64, 5: fixed64, 6: list, 7: list, 9: attributes, 10: varint }, record),
)
const exponentials = many(shape({ 1: attributes, 2: fixed64, 3: fixed64, 4: fixed64, 5: fixed64, 10: varint }, record))
const summaries = many(shape({ 2: fixed64, 3: fixed64, 4: fixed64, 5: fixed64, 7: attributes, 8: varint }, record))
const metric = shape(
  {
    1: { wire: 2, filled: true },
    3: bytes,
    5: one(shape({ 1: numbers })),
    7: one(shape({ 1: numbers, 2: varint, 3: varint })),
    9: one(shape({ 1: histograms, 2: varint })),
    10: one(shape({ 1: exponentials, 2: varint })),
    11: one(shape({ 1: summaries })),
  },
  { required: 1 },
)

export const shapes: Readonly<Record<Signal, Shape>> = {
  traces: request(span),
  logs: request(logRecord),
  metrics: request(metric),
}
