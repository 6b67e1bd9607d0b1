import { expect, test } from 'vitest'
import type { NamedText } from '../format.ts'
import { changes, type Change } from './changes.ts'
import { differences } from './differ.ts'
import { protobufFormat } from './protobuf.ts'
import { read } from './read.ts'

type Case = {
  before: string
  after: string
  beforeReferences?: readonly NamedText[]
  afterReferences?: readonly NamedText[]
}

const inMessage = (body: string, syntax = 'proto3'): string =>
  `syntax = "${syntax}"; package shop; message Order { ${body} }`
const fields = (before: string, after: string, syntax?: string): Case => ({
  before: inMessage(before, syntax),
  after: inMessage(after, syntax),
})
const types = (before: string, after: string): Case => ({
  before: `syntax = "proto3"; ${before}`,
  after: `syntax = "proto3"; ${after}`,
})

/** Each change that Confluent's registry tells apart, made once. */
const cases: Record<Change, Case> = {
  PACKAGE_CHANGED: types('package a; message M {}', 'package b; message M {}'),
  MESSAGE_ADDED: types('message A {}', 'message A {} message B {}'),
  MESSAGE_REMOVED: types('message A {} message B {}', 'message A {}'),
  MESSAGE_MOVED: types('message A {} message B {}', 'message B {} message A {}'),
  ENUM_ADDED: types('message M {}', 'message M {} enum E { A = 0; }'),
  ENUM_REMOVED: types('message M { enum E { A = 0; } }', 'message M {}'),
  ENUM_CONST_ADDED: types('enum E { A = 0; }', 'enum E { A = 0; B = 1; }'),
  ENUM_CONST_CHANGED: types('enum E { A = 0; B = 1; }', 'enum E { A = 0; C = 1; }'),
  ENUM_CONST_REMOVED: types('enum E { A = 0; B = 1; }', 'enum E { A = 0; }'),
  FIELD_ADDED: fields('int32 a = 1;', 'int32 a = 1; int32 b = 2;'),
  FIELD_REMOVED: fields('int32 a = 1; int32 b = 2;', 'int32 a = 1;'),
  FIELD_NAME_CHANGED: fields('int32 a = 1;', 'int32 b = 1;'),
  FIELD_KIND_CHANGED: fields('int32 a = 1;', 'map<string, int32> a = 1;'),
  FIELD_SCALAR_KIND_CHANGED: fields('int32 a = 1;', 'string a = 1;'),
  FIELD_NAMED_TYPE_CHANGED: fields(
    'message A { int32 x = 1; } message B { string y = 1; } A a = 1;',
    'message A { int32 x = 1; } message B { string y = 1; } B a = 1;',
  ),
  FIELD_NUMERIC_LABEL_CHANGED: fields('optional int32 a = 1;', 'repeated int32 a = 1;'),
  FIELD_STRING_OR_BYTES_LABEL_CHANGED: fields('optional string a = 1;', 'repeated string a = 1;'),
  REQUIRED_FIELD_ADDED: fields('', 'required string a = 1;', 'proto2'),
  REQUIRED_FIELD_REMOVED: fields('required string a = 1;', '', 'proto2'),
  ONEOF_ADDED: fields('int32 a = 1;', 'oneof o { int32 a = 1; }'),
  ONEOF_REMOVED: fields('oneof o { int32 a = 1; }', ''),
  ONEOF_FIELD_ADDED: fields('oneof o { int32 a = 1; }', 'oneof o { int32 a = 1; int32 b = 2; }'),
  ONEOF_FIELD_REMOVED: fields('oneof o { int32 a = 1; int32 b = 2; }', 'oneof o { int32 a = 1; }'),
  ONEOF_FIELD_MOVED_TO_TOP_LEVEL: fields(
    'oneof o { int32 a = 1; int32 b = 2; }',
    'oneof o { int32 a = 1; } int32 b = 2;',
  ),
  MULTIPLE_FIELDS_MOVED_TO_ONEOF: fields('int32 a = 1; int32 b = 2;', 'oneof o { int32 a = 1; int32 b = 2; }'),
  FIELD_MOVED_TO_EXISTING_ONEOF: fields(
    'oneof o { int32 a = 1; } int32 b = 2;',
    'oneof o { int32 a = 1; int32 b = 2; }',
  ),
}

/** Under these, JSON can't tell the sides apart, but the bytes do. */
const onlyInBytes = new Set<Change>(['FIELD_NUMERIC_LABEL_CHANGED'])

const judged = ({ before, after, beforeReferences = [], afterReferences = [] }: Case) => {
  const writer = { text: before, references: beforeReferences }
  const reader = { text: after, references: afterReferences }
  return {
    told: differences(read(writer).desc, read(reader).desc).map(({ rule }) => rule),
    reasons: protobufFormat.unreadable(protobufFormat.parse(reader), protobufFormat.parse(writer), 'STRICT'),
    writer: protobufFormat.parse(writer),
    reader: protobufFormat.parse(reader),
  }
}

test.each(Object.keys(changes) as Change[])('%s is told, and refused where a reader does not survive it', (rule) => {
  const { told, reasons, writer, reader } = judged(cases[rule])
  expect(told).toContain(rule)
  expect(reasons.map((reason) => reason.rule)).toEqual(changes[rule] ? [] : [rule])
  for (const { message, edit, example } of reasons) {
    expect(message).not.toBe(rule)
    expect(edit).toBeTruthy()
    expect(example).toBeDefined()
    if (onlyInBytes.has(rule)) continue
    const payload: unknown = JSON.parse(example?.payload ?? '')
    const [good, bad] = example?.validUnder === 'writer' ? [writer, reader] : [reader, writer]
    expect(good.problems(payload)).toEqual([])
    expect(bad.problems(payload)).not.toEqual([])
  }
})

test('15 of the changes are compatible and 11 are not, as in the list of Confluent', () => {
  expect(Object.values(changes).filter(Boolean)).toHaveLength(15)
  expect(Object.keys(changes)).toHaveLength(26)
})

const refused = (wanted: Case): string[] => judged(wanted).reasons.map(({ rule }) => rule)

test.each([
  ...['int64', 'uint32', 'uint64', 'bool', 'E'].map((type) => ['int32', type] as const),
  ['sint32', 'sint64'],
  ['string', 'bytes'],
  ['fixed32', 'sfixed32'],
  ['fixed64', 'sfixed64'],
] as const)('%s and %s are of one kind', (one, other) => {
  const types = (type: string): string => `enum E { A = 0; } ${type} a = 1;`
  expect(refused(fields(types(one), types(other)))).toEqual([])
  expect(refused(fields(types(other), types(one)))).toEqual([])
})

test.each([
  ['int32', 'sint32'],
  ['int32', 'fixed32'],
  ['fixed32', 'fixed64'],
  ['float', 'double'],
  ['float', 'fixed32'],
  ['int64', 'string'],
  ['E', 'sint32'],
])('%s and %s are of different kinds', (one, other) => {
  const types = (type: string): string => `enum E { A = 0; } ${type} a = 1;`
  expect(refused(fields(types(one), types(other)))).toEqual(['FIELD_SCALAR_KIND_CHANGED'])
})

test('keys and values of maps are compared, as fields are', () => {
  expect(refused(fields('map<string, int32> a = 1;', 'map<string, int64> a = 1;'))).toEqual([])
  expect(refused(fields('map<int32, int32> a = 1;', 'map<sint32, int32> a = 1;'))).toEqual([
    'FIELD_SCALAR_KIND_CHANGED',
  ])
  expect(refused(fields('map<string, int32> a = 1;', 'map<string, string> a = 1;'))).toEqual([
    'FIELD_SCALAR_KIND_CHANGED',
  ])
  expect(refused(fields('message M {} map<string, int32> a = 1;', 'message M {} map<string, M> a = 1;'))).toEqual([
    'FIELD_KIND_CHANGED',
  ])
})

test('a label that is not written is not compared: proto3 may repeat what was single', () => {
  expect(refused(fields('int32 a = 1;', 'repeated int32 a = 1;'))).toEqual([])
})

const imported = (path: string, body: string): NamedText => ({
  name: path,
  text: `syntax = "proto3"; package home; message Home { ${body} message Room { int32 size = 1; } }`,
})
const importing = (path: string): string =>
  `syntax = "proto3"; package shop; import "${path}"; message Order { home.Home home = 1; }`

test('messages of imported files are compared where they are used, with what they hold', () => {
  const base = { before: importing('a.proto'), after: importing('b.proto') }
  const with2 = (before: string, after: string): string[] =>
    refused({ ...base, beforeReferences: [imported('a.proto', before)], afterReferences: [imported('b.proto', after)] })
  expect(with2('int32 a = 1;', 'int32 a = 1; int32 b = 2;')).toEqual([])
  expect(with2('int32 a = 1;', 'string a = 1;')).toEqual(['FIELD_SCALAR_KIND_CHANGED', 'FIELD_NAMED_TYPE_CHANGED'])
  expect(with2('Room r = 1; Home h = 2;', 'Home r = 1; Home h = 2;')).toContain('FIELD_NAMED_TYPE_CHANGED')
})

test('a message that moves to another package is the same, as long as its own name stays', () => {
  const home = (name: string): NamedText => ({
    name: 'h.proto',
    text: `syntax = "proto3"; package ${name}; message Home {}`,
  })
  const user = (name: string): string => `syntax = "proto3"; import "h.proto"; message Order { ${name}.Home home = 1; }`
  const moved = { before: user('a'), after: user('b.c'), beforeReferences: [home('a')], afterReferences: [home('b.c')] }
  expect(refused(moved)).toEqual([])
})

test('all reasons are told at once, each with its place on both sides', () => {
  const { reasons } = judged(
    fields(
      'int32 a = 1; string b = 2; oneof o { int32 c = 3; int32 d = 4; }',
      'string x = 1; sint32 b = 2; oneof o { int32 c = 3; }',
    ),
  )
  expect(reasons.map(({ rule, path, writerPath }) => ({ rule, path, writerPath }))).toEqual([
    { rule: 'FIELD_SCALAR_KIND_CHANGED', path: 'shop.Order.x', writerPath: 'shop.Order.a' },
    { rule: 'FIELD_SCALAR_KIND_CHANGED', path: 'shop.Order.b', writerPath: undefined },
    { rule: 'ONEOF_FIELD_REMOVED', path: 'shop.Order', writerPath: 'shop.Order.d' },
  ])
})

test('where JSON does not show it, the reason tells what the bytes of a payload are read as', () => {
  const [reason] = judged(fields('int32 a = 1;', 'sint32 a = 1;')).reasons
  expect(reason?.example).toEqual({ payload: '{"a":1}', validUnder: 'writer' })
  expect(reason?.message).toContain('{"a":1} is written as the bytes 0801, which are read as {"a":-1}')
})

test('a message that holds itself, and imports that hold one another many times over, are compared in an instant', () => {
  expect(refused(fields('Order inner = 1; int32 a = 2;', 'Order inner = 1; string a = 2;'))).toEqual([
    'FIELD_SCALAR_KIND_CHANGED',
  ])
  const layers = (type: string): NamedText => ({
    name: 'deep.proto',
    text: `syntax = "proto3"; package deep; ${Array.from(
      { length: 25 },
      (_, index) =>
        `message M${index} { ${index === 24 ? type : `M${index + 1}`} a = 1; ${index === 24 ? type : `M${index + 1}`} b = 2; }`,
    ).join(' ')}`,
  })
  const text = 'syntax = "proto3"; import "deep.proto"; message Top { deep.M0 a = 1; }'
  const startedMs = process.threadCpuUsage().user / 1_000
  const rules = refused({
    before: text,
    after: text,
    beforeReferences: [layers('int32')],
    afterReferences: [layers('string')],
  })
  expect(rules.filter((rule) => rule === 'FIELD_SCALAR_KIND_CHANGED')).toHaveLength(2)
  expect(rules).toContain('FIELD_NAMED_TYPE_CHANGED')
  expect(process.threadCpuUsage().user / 1_000 - startedMs).toBeLessThan(1000)
})
