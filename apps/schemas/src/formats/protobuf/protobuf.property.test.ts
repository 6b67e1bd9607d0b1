import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { parse as parseWithOther, type Type } from 'protobufjs'
import { expect, test } from 'vitest'
import type { Policy, Schema } from '../format.ts'
import { protobufFormat } from './protobuf.ts'
import { read } from './read.ts'

const numRuns = Number(process.env['PLINTH_PROPERTY_RUNS'] ?? 250)
const seed = Number(process.env['PLINTH_PROPERTY_SEED'] ?? 4)

const integers = ['int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64', 'fixed32', 'sfixed64'] as const
const types = [...integers, 'bool', 'string', 'bytes', 'float', 'double', 'E', 'A', 'B'] as const
const shapes = ['plain', 'plain', 'optional', 'repeated', 'map', 'o', 'p'] as const
type FieldDraft = {
  number: number
  name: string
  type: (typeof types)[number]
  shape: (typeof shapes)[number]
  json: string | undefined
}
type Draft = { A: FieldDraft[]; B: FieldDraft[]; values: { name: string; number: number }[] }

const field: fc.Arbitrary<FieldDraft> = fc.record({
  number: fc.integer({ min: 1, max: 5 }),
  name: fc.constantFrom('a', 'b', 'c_d', 'e_f'),
  type: fc.constantFrom(...types),
  shape: fc.constantFrom(...shapes),
  json: fc.constantFrom(undefined, undefined, undefined, 'a', 'x'),
})
const values = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('V', 'W', 'X'), number: fc.integer({ min: 1, max: 3 }) }),
  { selector: ({ name }) => name, maxLength: 3 },
)
const fields = fc.array(field, { maxLength: 4 })
const draft: fc.Arbitrary<Draft> = fc.record({ A: fields, B: fields, values })
type Edit = { message: 'A' | 'B'; at: number; part: keyof FieldDraft | 'gone' | 'new'; from: FieldDraft }
const edit: fc.Arbitrary<Edit> = fc.record({
  message: fc.constantFrom('A', 'B'),
  at: fc.nat(3),
  part: fc.constantFrom('type', 'type', 'name', 'shape', 'json', 'number', 'gone', 'new'),
  from: field,
})
/** Two versions of one schema: the second is the first with a few edits. */
const versions = fc
  .record({ first: draft, edits: fc.array(edit, { maxLength: 3 }), values: fc.option(values) })
  .map(({ first, edits, values: others }) => {
    const second: Draft = { A: [...first.A], B: [...first.B], values: others ?? first.values }
    for (const { message, at, part, from } of edits) {
      const old = second[message][at]
      if (part === 'new') second[message].push(from)
      else if (part === 'gone') second[message].splice(at, 1)
      else if (old !== undefined) second[message][at] = { ...old, [part]: from[part] }
    }
    return [settled(first), settled(second)] as const
  })

/** Leaves out what a compiler would refuse. */
function settled({ A, B, values: named }: Draft): Draft {
  const distinct = (list: FieldDraft[]): FieldDraft[] => {
    const taken = new Set<string>()
    const jsonOf = ({ json, name }: FieldDraft): string =>
      json ?? name.replace(/_(.)/, (_, one: string) => one.toUpperCase())
    return list.filter((each) => {
      // What is a name of one field and the JSON name of another is read as either, by one library or the other.
      const keys = [`#${each.number}`, ...new Set([each.name, jsonOf(each)])]
      if (keys.some((key) => taken.has(key))) return false
      keys.forEach((key) => taken.add(key))
      return true
    })
  }
  return { A: distinct(A), B: distinct(B), values: named }
}

function textOf({ A, B, values: named }: Draft): string {
  const line = ({ number, name, type, shape, json }: FieldDraft): string => {
    const end = ` ${name} = ${number}${json === undefined ? '' : ` [json_name = "${json}"]`};`
    if (shape === 'map') return `map<string, ${type}>${end}`
    return `${shape === 'optional' || shape === 'repeated' ? `${shape} ` : ''}${type}${end}`
  }
  const body = (list: FieldDraft[]): string => {
    const choices = ['o', 'p'].map((oneof) => {
      const members = list.filter(({ shape }) => shape === oneof)
      return members.length === 0 ? '' : `oneof ${oneof} { ${members.map(line).join(' ')} }`
    })
    return [...list.filter(({ shape }) => shape !== 'o' && shape !== 'p').map(line), ...choices].join(' ')
  }
  const constants = named.map(({ name, number }) => `${name} = ${number};`).join(' ')
  const alias = new Set(named.map(({ number }) => number)).size < named.length ? 'option allow_alias = true; ' : ''
  return `syntax = "proto3"; package p; message A { ${body(A)} } message B { ${body(B)} } enum E { ${alias}Z = 0; ${constants} }`
}

type Random = (below: number) => number
function randomOf(start: number): Random {
  let state = start
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return ((state ^ (state >>> 13)) >>> 0) % below
  }
}
const pick = <T>(random: Random, list: readonly T[]): T | undefined => list[random(list.length)]

const samples: Readonly<Record<string, readonly unknown[]>> = {
  int32: [0, 1, -1, 2_147_483_647, -2_147_483_648],
  sint32: [0, 1, -1, 2_147_483_647, -2_147_483_648],
  uint32: [0, 1, 4_294_967_295],
  fixed32: [0, 1, 4_294_967_295],
  int64: ['0', '-1', '9223372036854775807'],
  sint64: ['0', '-1', '-9223372036854775808'],
  uint64: ['0', '1', '18446744073709551615'],
  sfixed64: ['0', '-1', '9223372036854775807'],
  bool: [false, true],
  string: ['', 'text', 'ä€'],
  bytes: [Buffer.alloc(0), Buffer.from([0xff, 0x00])],
  textBytes: [Buffer.alloc(0), Buffer.from('text')],
  float: [0, 1.5],
  double: [0, 1.1, -1e300],
}

function payloadOf(
  schema: Draft,
  list: FieldDraft[],
  random: Random,
  texts: boolean,
  depth = 0,
): Record<string, unknown> {
  const one = ({ type }: FieldDraft): unknown => {
    if (type === 'A' || type === 'B') return payloadOf(schema, schema[type], random, texts, depth + 1)
    if (type === 'E') return pick(random, [0, 7, ...schema.values.map(({ number }) => number)])
    // Confluent takes bytes for text; only those that are text survive that.
    return pick(random, samples[texts && type === 'bytes' ? 'textBytes' : type] ?? [])
  }
  const chosen = new Set<string>()
  const made: Record<string, unknown> = {}
  for (const each of list) {
    const isChoice = each.shape === 'o' || each.shape === 'p'
    if (random(4) === 0 || depth > 2 || (isChoice && chosen.has(each.shape))) continue
    chosen.add(each.shape)
    if (each.shape === 'repeated') made[each.name] = [one(each), one(each)]
    else made[each.name] = each.shape === 'map' ? { k: one(each), '': one(each) } : one(each)
  }
  return made
}

/** What is not given is the zero of its type, save where the absence itself is told. */
function valueOf(message: Record<string, unknown>, { name, type, shape }: FieldDraft): unknown {
  const value = message[name]
  if (value !== undefined) return value
  if (shape === 'repeated') return []
  if (shape === 'map') return {}
  if (shape === 'o' || shape === 'p' || type === 'A' || type === 'B') return undefined
  return type === 'string' || type === 'bytes' ? '' : type === 'bool' ? false : 0
}

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
    const [meant, found] = [valueOf(before, field), valueOf(after, other)]
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

test('what STRICT calls compatible is read without harm to the fields that did not change', () => {
  const isSame: Alike = (writer, reader) =>
    writer.type === reader.type && writer.shape === reader.shape && !['o', 'p'].includes(writer.shape)
  fc.assert(
    fc.property(versions, fc.integer(), ([first, second], start) => {
      const [writer, reader] = [sideOf(first), sideOf(second)]
      if (reasons(reader, writer, 'STRICT').length > 0) return
      // Where no label is written, Confluent lets one value become a list; EXACT does not.
      const rules = reasons(reader, writer, 'EXACT').map(({ rule }) => rule)
      if (rules.includes('FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY')) return
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
