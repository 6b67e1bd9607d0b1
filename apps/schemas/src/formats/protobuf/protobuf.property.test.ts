import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { parse as parseWithOther, type Type } from 'protobufjs'
import { expect, test } from 'vitest'
import type { Policy, Schema } from '../format.ts'
import {
  payloadOf,
  randomOf,
  textOf,
  valueOf,
  versions,
  type Draft,
  type FieldDraft,
  type Random,
} from './protobuf-drafts.ts'
import { protobufFormat } from './protobuf.ts'
import { read } from './read.ts'

const numRuns = Number(process.env['PLINTH_PROPERTY_RUNS'] ?? 250)
const seed = Number(process.env['PLINTH_PROPERTY_SEED'] ?? 4)

type Side = { draft: Draft; type: Type; schema: Schema; text: string }
const sideOf = (schema: Draft): Side => {
  const text = textOf(schema)
  return {
    draft: schema,
    text,
    type: parseWithOther(text, { keepCase: true }).root.lookupType('p.A'),
    schema: protobufFormat.parse({ text, references: [] }),
  }
}

const plain = (type: Type, bytes: Uint8Array): Record<string, unknown> =>
  type.toObject(type.decode(bytes), { longs: String, bytes: String })

type Alike = (writer: FieldDraft, reader: FieldDraft) => boolean

/** The first value that the reader has otherwise than the writer. */
function lost(
  writer: Draft,
  reader: Draft,
  alike: Alike,
  at: 'A' | 'B',
  given: unknown,
  got: unknown,
): string | undefined {
  const [before, after] = [given as Record<string, unknown>, got as Record<string, unknown>]
  for (const field of writer[at]) {
    const other = reader[at].find(({ number }) => number === field.number)
    if (other === undefined || !alike(field, other)) continue
    const [meant, found] = [valueOf(writer, before, field), valueOf(reader, after, other)]
    const inner = (one: unknown, two: unknown): string | undefined => {
      if (one === undefined || two === undefined || (field.type !== 'A' && field.type !== 'B'))
        return String(one) === String(two) ? undefined : `${field.name}: ${String(one)} became ${String(two)}`
      return lost(writer, reader, alike, field.type, one, two)
    }
    const [ones, twos] =
      field.shape === 'map' || field.shape === 'repeated' ? [meant, found] : [{ one: meant }, { one: found }]
    const keys = Object.keys(ones as object)
    if (keys.join() !== Object.keys(twos as object).join()) return `${field.name} has other entries`
    for (const key of keys) {
      const problem = inner((ones as Record<string, unknown>)[key], (twos as Record<string, unknown>)[key])
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

const reasons = (reader: Side, writer: Side, policy: Policy) =>
  protobufFormat.unreadable(reader.schema, writer.schema, policy)

/** Writes payloads by one schema and reads them by the other: the bytes with protobufjs, JSON with @bufbuild/protobuf. */
function counterExample(writer: Side, reader: Side, alike: Alike, random: Random, json: boolean): string | undefined {
  const [written, read2] = [writer, reader].map(({ text }) => read({ text, references: [] }).desc.messages[0])
  if (written === undefined || read2 === undefined) return 'no message'
  for (let round = 0; round < 4; round++) {
    const payload = writer.type.fromObject(payloadOf(writer.draft, writer.draft.A, random, !json))
    const bytes = writer.type.encode(payload).finish()
    const given = plain(writer.type, bytes)
    const onWire = lost(writer.draft, reader.draft, alike, 'A', given, plain(reader.type, bytes))
    if (onWire !== undefined) return `on the wire, ${onWire}: ${JSON.stringify(given)}`
    if (!json) continue
    const asJson = toJson(written, fromBinary(written, bytes))
    if (writer.schema.problems(asJson)?.length !== 0) return `its own JSON is refused: ${JSON.stringify(asJson)}`
    const back = toBinary(read2, fromJson(read2, asJson, { ignoreUnknownFields: true }))
    const inJson = lost(writer.draft, reader.draft, alike, 'A', given, plain(reader.type, back))
    if (inJson !== undefined) return `in JSON, ${inJson}: ${JSON.stringify(asJson)}`
  }
  return undefined
}

test('what EXACT calls compatible has no counter-example: all values that both sides know survive, as bytes and as JSON', () => {
  let compatible = 0
  fc.assert(
    fc.property(versions, fc.integer(), ([first, second], start) => {
      const [writer, reader] = [sideOf(first), sideOf(second)]
      if (reasons(reader, writer, 'EXACT').length > 0) return
      compatible += 1
      expect(counterExample(writer, reader, () => true, randomOf(start), true)).toBeUndefined()
    }),
    { numRuns, seed },
  )
  expect(compatible).toBeGreaterThan(numRuns / 10)
})

/** What Confluent never compares: labels that are not written or not of numbers, defaults, and values of enums. EXACT does. */
const uncompared = new Set([
  'FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY',
  'MESSAGE_SAME_REQUIRED_FIELDS',
  'FIELD_SAME_DEFAULT',
])

test('what STRICT calls compatible is read without harm to the fields that did not change', () => {
  const isSame: Alike = (writer, reader) =>
    writer.type === reader.type && writer.shape === reader.shape && !['o', 'p'].includes(writer.shape)
  fc.assert(
    fc.property(versions, fc.integer(), ([first, second], start) => {
      const [writer, reader] = [sideOf(first), sideOf(second)]
      if (reasons(reader, writer, 'STRICT').length > 0) return
      const rules = reasons(reader, writer, 'EXACT').map(({ rule }) => rule)
      if (rules.some((rule) => uncompared.has(rule) || rule.startsWith('ENUM_'))) return
      expect(counterExample(writer, reader, isSame, randomOf(start), false)).toBeUndefined()
    }),
    { numRuns, seed },
  )
})

test('each payload that is shown is valid under one side only, or its bytes are read as something else', () => {
  fc.assert(
    fc.property(versions, ([first, second]) => {
      const [writer, reader] = [sideOf(first), sideOf(second)]
      for (const { message, edit: proposal, example } of reasons(reader, writer, 'EXACT')) {
        expect(proposal).toBeTruthy()
        if (example === undefined) continue
        const payload: unknown = JSON.parse(example.payload)
        const isValid = {
          writer: writer.schema.problems(payload)?.length === 0,
          reader: reader.schema.problems(payload)?.length === 0,
        }
        expect(isValid[example.validUnder]).toBe(true)
        if (isValid.writer && isValid.reader) expect(message).toMatch(/is written as the bytes/)
      }
    }),
    { numRuns, seed },
  )
})

test('any schema reads itself, and has one canonical text, as text and as descriptor', () => {
  fc.assert(
    fc.property(versions, ([first]) => {
      const { schema } = sideOf(first)
      const again = protobufFormat.parse({ text: schema.canonical, references: [] })
      const normal = protobufFormat.parse({ text: schema.normalized(), references: [] })
      const bytes = protobufFormat.parse({ text: schema.render('serialized'), references: [] })
      expect(protobufFormat.unreadable(again, schema, 'EXACT', 'reader')).toEqual([])
      expect(again.canonical).toBe(schema.canonical)
      expect(bytes.canonical).toBe(schema.canonical)
      expect(normal.normalized()).toBe(schema.normalized())
    }),
    { numRuns, seed },
  )
})
