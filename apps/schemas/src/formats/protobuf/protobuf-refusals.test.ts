import { describe, expect, test } from 'vitest'
import { AppError } from '@plinth/kernel'
import { protobufFormat } from './protobuf.ts'

const inMessage = (body: string): string => `syntax = "proto3"; message M { ${body} }`
const proto2 = (body: string): string => `syntax = "proto2"; message M { ${body} }`
const edition = (body: string): string => `edition = "2023"; message M { ${body} }`

function refusal(text: string): string {
  try {
    protobufFormat.parse({ text, references: [] })
  } catch (error) {
    if (error instanceof AppError && error.code === 'schemas.schema_invalid') return error.publicDetail
    throw error
  }
  return ''
}

describe('what a compiler refuses is refused, with its place', () => {
  test.each([
    ['nothing at the end', inMessage('int32 a = 1'), "at 1:44: ';' is expected here"],
    ['a word that is none', 'syntax = "proto3"; massage M {}', 'at 1:20: a message, an enum, a service'],
    ['an unknown syntax', 'syntax = "proto4";', "syntax 'proto4' is not known"],
    ['an unknown edition', 'edition = "1999";', "edition '1999' is not known"],
    ['a syntax that comes too late', 'message M {} syntax = "proto3";', "'syntax' has to come first"],
    ['two packages', 'syntax = "proto3"; package a; package b;', 'a package already'],
    ['a type that is not there', inMessage('Other a = 1;'), 'Other is not defined'],
    ['a type that is none', 'syntax = "proto3"; service S {} message M { S a = 1; }', 'S is not defined'],
    ['a number twice', inMessage('int32 a = 1; int32 b = 1;'), 'its number 1 is that of a'],
    ['a name twice', inMessage('int32 a = 1; int32 a = 2;'), 'M.a is defined already'],
    ['a message twice', 'syntax = "proto3"; message M {} message M {}', 'M is defined already'],
    ['a JSON name twice', inMessage('int32 a_b = 1; int32 aB = 2;'), 'its JSON name aB is that of a_b'],
    ['number 0', inMessage('int32 a = 0;'), 'not between 1 and 536870911'],
    ['a number that is too great', inMessage('int32 a = 536870912;'), 'not between 1 and 536870911'],
    ["protobuf's own number", inMessage('int32 a = 19000;'), "protobuf's own"],
    ['a reserved number', inMessage('reserved 1 to 5; int32 a = 3;'), 'its number 3 is reserved'],
    ['a reserved name', inMessage('reserved "a"; int32 a = 3;'), 'its name a is reserved'],
    ['ranges that overlap', inMessage('reserved 1 to 5, 3;'), '3 is in two of its ranges'],
    ['a range that ends before it starts', inMessage('reserved 5 to 1;'), 'ends before it starts'],
    ['an enum without values', 'syntax = "proto3"; enum E {}', 'at least one value'],
    ['an enum of proto3 that does not start with 0', 'syntax = "proto3"; enum E { A = 1; }', 'has to be 0'],
    ['an alias that is not allowed', 'syntax = "proto3"; enum E { A = 0; B = 0; }', 'allow_alias'],
    [
      'a name of a value twice in one scope',
      'syntax = "proto3"; enum E { A = 0; } enum F { A = 0; }',
      'A is defined already',
    ],
    ['an empty oneof', inMessage('oneof o {}'), 'at least one field'],
    ['a label in a oneof', inMessage('oneof o { repeated int32 a = 1; }'), 'has no label'],
    ['a label before a map', inMessage('repeated map<string, int32> a = 1;'), 'a map has no label'],
    ['a key of a map that is none', inMessage('map<double, int32> a = 1;'), 'the key of a map'],
    ['required in proto3', inMessage('required int32 a = 1;'), 'not in proto3'],
    ['a default in proto3', inMessage('int32 a = 1 [default = 1];'), 'no defaults'],
    ['a group in proto3', inMessage('group A = 1 {}'), 'proto2 only'],
    ['no label in proto2', proto2('int32 a = 1;'), "begins with 'optional', 'required' or 'repeated'"],
    ['a default that does not fit', proto2('optional int32 a = 1 [default = "x"];'), 'may not be a text'],
    ['a default that is too great', proto2('optional int32 a = 1 [default = 3000000000];'), 'no value of its type'],
    ['a default of a list', proto2('repeated int32 a = 1 [default = 1];'), 'single value'],
    [
      'a default that is no value of the enum',
      `${proto2('optional E a = 1 [default = C];')} enum E { A = 0; }`,
      'no value of E',
    ],
    ['a label in editions', edition('optional int32 a = 1;'), 'features.field_presence'],
    ['an option that is not there', inMessage('int32 a = 1 [nonsense = 1];'), 'option nonsense is not valid'],
    ['an extension that is not there', inMessage('int32 a = 1 [(nonsense) = 1];'), 'option (nonsense) is not defined'],
    ['an option of another type', inMessage('int32 a = 1 [deprecated = "yes"];'), 'option deprecated is not valid'],
    ['an option twice', inMessage('int32 a = 1 [deprecated = true, deprecated = false];'), 'set twice'],
    ['a text that is packed', proto2('repeated string a = 1 [packed = true];'), 'can be packed'],
    [
      'an extension outside of the ranges',
      'syntax = "proto2"; message M { extensions 100 to 199; } extend M { optional int32 a = 5; }',
      'its number 5 is in none of the ranges',
    ],
    [
      'an import twice',
      'syntax = "proto3"; import "google/type/date.proto"; import "google/type/date.proto";',
      'imported twice',
    ],
    ['a text that does not end', 'syntax = "proto3', 'is not expected here'],
    ['a comment that does not end', 'syntax = "proto3"; /* for ever', 'is not expected here'],
  ])('%s', (_, text, reason) => {
    expect(refusal(text)).toContain(reason)
  })

  test('the place counts lines and columns from 1', () => {
    expect(refusal('syntax = "proto3";\n\nmessage M {\n  int32 a = 1;\n  int32 b = 1;\n}')).toContain('at 5:3:')
  })
})

describe('hostile texts are refused in an instant', () => {
  test.each([
    ['messages that are nested for ever', `syntax = "proto3"; ${'message M { '.repeat(10_000)}`],
    ['options that are nested for ever', inMessage(`int32 a = 1 [(b) = ${'{ a: '.repeat(10_000)}`)],
    ['groups that are nested for ever', proto2('repeated group A = 1 { '.repeat(10_000))],
    [
      'more fields than anybody has',
      inMessage(Array.from({ length: 30_000 }, (_, n) => `int32 f${n} = ${n + 1};`).join(' ')),
    ],
    ['more words than anybody has', `syntax = "proto3"; ${'; '.repeat(400_000)}`],
    ['more characters than anybody has', `syntax = "proto3"; // ${'x'.repeat(1 << 21)}`],
    ['a comment that begins for ever', '/*'.repeat(300_000)],
    ['a quote that begins for ever', "'\\".repeat(300_000)],
    ['a dot for ever', `syntax = "proto3"; package a${'.a'.repeat(100_000)};`],
    ['a name for ever', `syntax = "proto3"; message ${'a'.repeat(100_000)} {}`],
    ['options for ever', `syntax = "proto3"; ${'option java_package = "a"; '.repeat(50_000)}`],
    ['a list of options for ever', inMessage(`int32 a = 1 [${'deprecated = true, '.repeat(50_000)}];`)],
    ['a name of the prototype', inMessage('int32 __proto__ = 1;')],
    ['a message of that name', 'syntax = "proto3"; message __proto__ {}'],
    ['a NUL', 'syntax = "proto3"; // \0'],
    ['base64 for ever', 'A'.repeat(1 << 22)],
    [
      'a long name of a message with many fields',
      `syntax = "proto3"; message ${'a'.repeat(300_000)} { ${Array.from({ length: 15_000 }, (_, n) => `int32 f${n} = ${n + 1};`).join(' ')} }`,
    ],
    ['a number for ever', inMessage(`int32 a = ${'9'.repeat(200_000)};`)],
  ])('%s', (_, text) => {
    const startedMs = process.threadCpuUsage().user / 1_000
    expect(refusal(text)).toBeTruthy()
    expect(refusal(text).length).toBeLessThan(1000)
    expect(process.threadCpuUsage().user / 1_000 - startedMs).toBeLessThan(2000)
  })

  test('names that objects have are names of fields like any other', () => {
    const schema = protobufFormat.parse({
      text: inMessage('int32 constructor = 1; int32 toString = 2; int32 hasOwnProperty = 3; int32 prototype = 4;'),
      references: [],
    })
    expect(schema.problems({ constructor: 1, toString: 2, hasOwnProperty: 3, prototype: 4 })).toEqual([])
    expect(schema.fields().map(({ path }) => path)).toEqual(['constructor', 'toString', 'hasOwnProperty', 'prototype'])
  })
})

test('words of the language are names too', () => {
  const words =
    'message enum oneof extend extensions reserved option optional required repeated map group stream import package syntax to max rpc returns service'
  const text = inMessage(
    words
      .split(' ')
      .map((word, index) => `int32 ${word} = ${index + 1};`)
      .join(' '),
  )
  expect(refusal(text)).toBe('')
  const { canonical } = protobufFormat.parse({ text, references: [] })
  expect(protobufFormat.parse({ text: canonical, references: [] }).canonical).toBe(canonical)
})
