import { describe, expect, test } from 'vitest'
import type { Newer } from '../format.ts'
import type { ExactRule } from './exact.ts'
import { protobufFormat } from './protobuf.ts'

type Case = readonly [rule: ExactRule, before: string, after: string]

const file = (body: string): string => (/^(syntax|edition)/.test(body) ? body : `syntax = "proto3"; ${body}`)
const message = (body: string): string => file(`package shop; message Order { ${body} }`)
const inMessage = (rule: ExactRule, before: string, after: string): Case => [rule, message(before), message(after)]
const enums = (rule: ExactRule, before: string, after: string): Case =>
  inMessage(rule, `enum E { ${before} } E e = 1;`, `enum E { ${after} } E e = 1;`)
const services = (rule: ExactRule, before: string, after: string): Case => [
  rule,
  file(`message A {} message B {} service S { ${before} }`),
  file(`message A {} message B {} service S { ${after} }`),
]

/** What a reader gets wrong although Confluent's registry lets it pass; each rule at least once, by its name. */
const misread: readonly Case[] = [
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_TYPE', 'int64 a = 1;', 'int32 a = 1;'),
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_TYPE', 'int32 a = 1;', 'uint32 a = 1;'),
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_TYPE', 'string a = 1;', 'bytes a = 1;'),
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_TYPE', 'bool a = 1;', 'int32 a = 1;'),
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_TYPE', 'map<string, int64> a = 1;', 'map<string, int32> a = 1;'),
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_TYPE', 'map<int64, bool> a = 1;', 'map<int32, bool> a = 1;'),
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY', 'string a = 1;', 'repeated string a = 1;'),
  inMessage('FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY', 'repeated int32 a = 1;', 'int32 a = 1;'),
  [
    'FIELD_SAME_DEFAULT',
    'syntax = "proto2"; message M { optional int32 a = 1 [default = 3]; }',
    'syntax = "proto2"; message M { optional int32 a = 1 [default = 4]; }',
  ],
  [
    'FIELD_SAME_DEFAULT',
    'syntax = "proto2"; enum E { A = 0; B = 1; } message M { optional E a = 1; }',
    'syntax = "proto2"; enum E { B = 1; A = 0; } message M { optional E a = 1; }',
  ],
  inMessage('FIELD_SAME_JSON_NAME', 'int32 user_id = 1;', 'int32 customer_id = 1;'),
  inMessage('FIELD_SAME_JSON_NAME', 'int32 a = 1 [json_name = "b"];', 'int32 a = 1;'),
  inMessage('FIELD_SAME_NAME', 'int32 a = 1 [json_name = "x"];', 'int32 b = 1 [json_name = "x"];'),
  inMessage('FIELD_SAME_NUMBER', 'int32 a = 1;', 'int32 a = 2;'),
  inMessage('FIELD_SAME_ONEOF', 'int32 a = 1; int32 b = 2;', 'oneof o { int32 a = 1; } int32 b = 2;'),
  inMessage('FIELD_SAME_ONEOF', 'oneof o { int32 a = 1; int32 b = 2; }', 'oneof o { int32 a = 1; } int32 b = 2;'),
  [
    'MESSAGE_SAME_REQUIRED_FIELDS',
    'syntax = "proto2"; message M { optional string a = 1; }',
    'syntax = "proto2"; message M { required string a = 1; }',
  ],
  [
    'ENUM_SAME_TYPE',
    'syntax = "proto3"; enum E { A = 0; } message M { E e = 1; }',
    'syntax = "proto2"; enum E { A = 0; } message M { optional E e = 1; }',
  ],
  enums('ENUM_VALUE_NO_DELETE', 'A = 0; B = 1;', 'A = 0;'),
  enums('ENUM_VALUE_SAME_NAME', 'A = 0; B = 1;', 'A = 0; C = 1;'),
  enums('ENUM_VALUE_SAME_NAME', 'option allow_alias = true; A = 0; B = 1; C = 1;', 'A = 0; B = 1;'),
  enums('ENUM_VALUE_SAME_NUMBER', 'A = 0; B = 1;', 'A = 0; B = 2;'),
  services('RPC_NO_DELETE', 'rpc X(A) returns (B);', ''),
  services('RPC_SAME_REQUEST_TYPE', 'rpc X(A) returns (B);', 'rpc X(B) returns (B);'),
  services('RPC_SAME_RESPONSE_TYPE', 'rpc X(A) returns (B);', 'rpc X(A) returns (A);'),
  services('RPC_SAME_CLIENT_STREAMING', 'rpc X(A) returns (B);', 'rpc X(stream A) returns (B);'),
  services('RPC_SAME_SERVER_STREAMING', 'rpc X(A) returns (B);', 'rpc X(A) returns (stream B);'),
]

/** What nobody gets wrong today, and somebody will. */
const overTime: readonly Case[] = [
  inMessage('FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED', 'int32 a = 1;', 'reserved "a";'),
  inMessage('FIELD_NO_DELETE_UNLESS_NAME_RESERVED', 'int32 a = 1;', 'reserved 1;'),
  inMessage(
    'RESERVED_NUMBER_REUSED',
    'reserved 1 to 5; reserved "a";',
    'reserved 1, 2, 4, 5; reserved "a"; int32 b = 3;',
  ),
  inMessage('RESERVED_NAME_REUSED', 'reserved 1; reserved "a";', 'reserved 1; int32 a = 2;'),
  inMessage('RESERVED_MESSAGE_NO_DELETE', 'reserved 1 to 5; int32 a = 6;', 'reserved 1 to 3; int32 a = 6;'),
  inMessage('RESERVED_MESSAGE_NO_DELETE', 'reserved "a", "b";', 'reserved "b";'),
  enums('RESERVED_ENUM_NO_DELETE', 'A = 0; reserved 5 to 7;', 'A = 0; reserved 5, 6;'),
  enums('RESERVED_ENUM_NO_DELETE', 'A = 0; reserved "B";', 'A = 0;'),
]

const reasons = (before: string, after: string, policy: 'STRICT' | 'EXACT' = 'EXACT', newer?: Newer) => {
  const [writer, reader] = [before, after].map((text) => protobufFormat.parse({ text, references: [] }))
  if (writer === undefined || reader === undefined) throw new Error('two texts make two schemas')
  return { found: protobufFormat.unreadable(reader, writer, policy, newer), writer, reader }
}
const rules = (...wanted: Parameters<typeof reasons>): string[] => reasons(...wanted).found.map(({ rule }) => rule)

/** Where JSON itself is the same on both sides: what differs is a meaning. */
const withoutPayload = /^(FIELD_SAME_(DEFAULT|ONEOF)|RPC_|RESERVED_(MESSAGE|ENUM)_NO_DELETE)/

describe('EXACT tells what STRICT lets pass', () => {
  test.each(misread)('%s: %s -> %s', (rule, before, after) => {
    expect(rules(before, after, 'STRICT')).toEqual([])
    const { found, writer, reader } = reasons(before, after)
    expect(found.map((reason) => reason.rule)).toContain(rule)
    const reason = found.find((each) => each.rule === rule)
    expect(reason?.message).not.toBe(rule)
    expect(reason?.edit).toBeTruthy()
    if (withoutPayload.test(rule)) return
    const payload: unknown = JSON.parse(reason?.example?.payload ?? 'null')
    const sides = [writer.problems(payload)?.length === 0, reader.problems(payload)?.length === 0]
    expect(sides[0] !== sides[1] || reason?.message.includes('which are read as')).toBe(true)
  })

  test.each(overTime)('%s, where it is known which schema is newer: %s -> %s', (rule, before, after) => {
    expect(rules(before, after, 'STRICT', 'reader')).toEqual([])
    expect(rules(before, after, 'EXACT')).not.toContain(rule)
    expect(rules(before, after, 'EXACT', 'reader')).toContain(rule)
    expect(rules(after, before, 'EXACT', 'writer')).toContain(rule)
    expect(rules(after, before, 'EXACT', 'reader')).not.toContain(rule)
  })

  test.each([
    ['ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED', 'reserved "B";'],
    ['ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED', 'reserved 1;'],
  ])('%s, of a newer writer: the older reader still reads all of it', (rule, left) => {
    const [, older, newer] = enums('ENUM_VALUE_NO_DELETE', 'A = 0; B = 1;', `A = 0; ${left}`)
    expect(rules(newer, older, 'EXACT')).toEqual([])
    expect(rules(newer, older, 'EXACT', 'writer')).toEqual([rule])
  })
})

test.each([
  ['a field that is new', 'int32 a = 1;', 'int32 a = 1; string b = 2;'],
  [
    'a field that is gone, with its number and its name reserved',
    'int32 a = 1; int32 b = 2;',
    'int32 a = 1; reserved 2; reserved "b";',
  ],
  [
    'numbers that widen',
    'int32 a = 1; uint32 b = 2; sint32 c = 3; map<int32, uint32> d = 4;',
    'int64 a = 1; int64 b = 2; sint64 c = 3; map<int64, uint64> d = 4;',
  ],
  ['a name that changed, where JSON keeps the old one', 'int32 user = 1;', 'int32 customer = 1 [json_name = "user"];'],
  ['another name in JSON, where the old one is the name itself', 'int32 a = 1;', 'int32 a = 1 [json_name = "b"];'],
  [
    'fields in another order, and enums with more values',
    'enum E { A = 0; } E e = 1; int32 b = 2;',
    'int32 b = 2; E e = 1; enum E { A = 0; B = 1; }',
  ],
  ['presence that is told apart', 'int32 a = 1;', 'optional int32 a = 1;'],
  ['a oneof with another name', 'oneof a { int32 b = 1; string c = 2; }', 'oneof x { int32 b = 1; string c = 2; }'],
  ['a new choice in a oneof', 'oneof a { int32 b = 1; }', 'oneof a { int32 b = 1; string c = 2; }'],
  ['a reservation that grows', 'reserved 1, 2;', 'reserved 1 to 3;'],
])('EXACT lets pass %s', (_, before, after) => {
  expect(rules(message(before), message(after), 'EXACT', 'reader')).toEqual([])
})

test('EXACT looks into what is imported, and says each thing once', () => {
  const text = (type: string) => ({
    text: 'syntax = "proto3"; import "a.proto"; message M { p.A a = 1; repeated p.A b = 2; map<string, p.A> c = 3; }',
    references: [{ name: 'a.proto', text: `syntax = "proto3"; package p; message A { ${type} x = 1; A inner = 2; }` }],
  })
  const [writer, reader] = [protobufFormat.parse(text('int64')), protobufFormat.parse(text('int32'))]
  expect(protobufFormat.unreadable(reader, writer, 'STRICT')).toEqual([])
  expect(protobufFormat.unreadable(reader, writer, 'EXACT').map(({ rule, path }) => ({ rule, path }))).toEqual([
    { rule: 'FIELD_WIRE_JSON_COMPATIBLE_TYPE', path: 'p.A.x' },
  ])
})

test('what STRICT tells is not told again under another name', () => {
  expect(rules(message('int32 a = 1;'), message('string a = 1;'))).toEqual(['FIELD_SCALAR_KIND_CHANGED'])
  expect(rules(message('int32 a = 1; int32 b = 2;'), message('oneof o { int32 a = 1; int32 b = 2; }'))).toEqual([
    'MULTIPLE_FIELDS_MOVED_TO_ONEOF',
  ])
})
