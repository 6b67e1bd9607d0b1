import { describe, expect, test } from 'vitest'
import { protobufFormat } from './protobuf.ts'

const parse = (text: string) => protobufFormat.parse({ text, references: [] })
const edition = (body: string) => parse(`edition = "2023"; ${body}`)

describe('editions', () => {
  test('keep their features, and have one text', () => {
    const text = `edition = "2023";
package p;

option features.enum_type = CLOSED;

message M {
  reserved gone;

  int32 a = 1 [features.field_presence = IMPLICIT];
  N n = 2 [features.message_encoding = DELIMITED];
  repeated int32 list = 3 [features.repeated_field_encoding = EXPANDED];

  message N {}
}
`
    expect(parse(text).canonical).toBe(text)
    expect(parse(parse(text).render('serialized')).canonical).toBe(text)
  })

  test('2024 is read as well', () => {
    expect(parse('edition = "2024"; message M { int32 a = 1; }').problems({ a: 1 })).toEqual([])
  })

  test.each([
    [
      'proto3',
      'syntax = "proto3"; message M { int32 a = 1; }',
      'message M { int32 a = 1 [features.field_presence = IMPLICIT]; }',
    ],
    [
      'proto2',
      'syntax = "proto2"; message M { optional int32 a = 1 [default = 3]; }',
      'message M { int32 a = 1 [default = 3]; }',
    ],
    [
      'required',
      'syntax = "proto2"; message M { required int32 a = 1; }',
      'message M { int32 a = 1 [features.field_presence = LEGACY_REQUIRED]; }',
    ],
    [
      'a group',
      'syntax = "proto2"; message M { optional group G = 1 { optional int32 b = 2; } }',
      'message M { message G { int32 b = 2; } G g = 1 [features.message_encoding = DELIMITED]; }',
    ],
    [
      'an open enum',
      'syntax = "proto3"; enum E { A = 0; } message M { E e = 1; }',
      'enum E { A = 0; } message M { E e = 1 [features.field_presence = IMPLICIT]; }',
    ],
  ])('what was %s may become an edition that means the same, and go back', (_, before, after) => {
    const [old, now] = [parse(before), edition(after)]
    for (const policy of ['STRICT', 'EXACT'] as const) {
      expect(protobufFormat.unreadable(now, old, policy, 'reader')).toEqual([])
      expect(protobufFormat.unreadable(old, now, policy, 'writer')).toEqual([])
    }
  })

  test.each([
    [
      'FIELD_WIRE_JSON_COMPATIBLE_TYPE',
      'message M { N n = 1 [features.message_encoding = DELIMITED]; message N {} }',
      'message M { N n = 1; message N {} }',
    ],
    [
      'MESSAGE_SAME_REQUIRED_FIELDS',
      'message M { N n = 1; message N {} }',
      'message M { N n = 1 [features.field_presence = LEGACY_REQUIRED]; message N {} }',
    ],
    ['ENUM_SAME_TYPE', 'enum E { A = 0; }', 'enum E { option features.enum_type = CLOSED; A = 0; }'],
  ])('%s is told of features too', (rule, before, after) => {
    expect(protobufFormat.unreadable(edition(after), edition(before), 'EXACT').map((reason) => reason.rule)).toEqual([
      rule,
    ])
  })

  test('FIELD_NUMERIC_LABEL_CHANGED and REQUIRED_FIELD_ADDED are told of what has no label to write', () => {
    const rules = (before: string, after: string): string[] =>
      protobufFormat.unreadable(edition(after), edition(before), 'STRICT').map(({ rule }) => rule)
    expect(rules('message M { int32 a = 1; }', 'message M { repeated int32 a = 1; }')).toEqual([
      'FIELD_NUMERIC_LABEL_CHANGED',
    ])
    expect(rules('message M {}', 'message M { int32 a = 1 [features.field_presence = LEGACY_REQUIRED]; }')).toEqual([
      'REQUIRED_FIELD_ADDED',
    ])
  })
})

test('a map that another registry wrote as its entries is a map', () => {
  const entries = `syntax = "proto3"; package p; message M { repeated .p.M.TagsEntry tags = 1;
    message TagsEntry { option map_entry = true; string key = 1; int32 value = 2; } }`
  const schema = parse(entries)
  expect(schema.canonical).toBe(
    parse('syntax = "proto3"; package p; message M { map<string, int32> tags = 1; }').canonical,
  )
  expect(schema.problems({ tags: { a: 1 } })).toEqual([])
})

test('extensions are read, and told in JSON by their names', () => {
  const schema = parse(`syntax = "proto2"; package p; message M { extensions 100 to 199; }
    extend M { optional int32 more = 100; } message Holder { extend M { repeated string texts = 101; } }`)
  expect(schema.problems({ '[p.more]': 1, '[p.Holder.texts]': ['a'] })).toEqual([])
  expect(schema.problems({ '[p.more]': 'x' })).toHaveLength(1)
  expect(schema.problems({ '[p.nothing]': 1 })).toHaveLength(1)
  expect(parse(schema.canonical).canonical).toBe(schema.canonical)
})

test('services are kept, and told as the title where there is nothing else', () => {
  const schema = parse(
    'syntax = "proto3"; import "google/protobuf/empty.proto"; service S { rpc X(google.protobuf.Empty) returns (google.protobuf.Empty); }',
  )
  expect(schema.title).toBe('S')
  expect(schema.fields()).toEqual([])
  expect(schema.problems({})).toEqual([{ path: '/@type', message: 'the schema has no such message' }])
})
