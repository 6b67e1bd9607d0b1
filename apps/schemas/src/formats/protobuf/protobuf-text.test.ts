import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt'
import { parse as parseWithOther } from 'protobufjs'
import { describe, expect, test } from 'vitest'
import type { NamedText, Schema } from '../format.ts'
import { protobufFormat } from './protobuf.ts'

const parse = (text: string, references: readonly NamedText[] = []): Schema =>
  protobufFormat.parse({ text, references })

const written = `
// An order, as the shop takes it.
syntax = 'proto3'; package shop . orders;
import public "google/protobuf/timestamp.proto"; import "confluent/meta.proto";
option java_multiple_files = true; option java_package = "com." 'shop';
service Orders { rpc Take(Order) returns (stream Order.Line) { option deprecated = true; }; }
/* What is
 * ordered. */
message Order {
  enum State { NEW = 0; PAID = 0x1; option allow_alias = true; SETTLED = 1; reserved 5, 7 to max, "LOST"; }
  oneof payer { string card = 12; Order parent = 11; }
  repeated .shop.orders.Order.Line lines = 2; // at least one
  optional int32 count = 3 [json_name = "howMany", deprecated = true];
  map<string, Line> by_name = 4;
  google.protobuf.Timestamp at = 1 [(confluent.field_meta) = { doc: "it's when", params: [{key: "b", value: "2"}, {key: "a", value: "1"}], tags: ["PII"] }];
  reserved 100 to 200, 99; reserved "gone";
  message Line { int64 amount = 1; State state = 2; }
}
`

const canonical = `syntax = "proto3";
package shop.orders;

import "confluent/meta.proto";
import public "google/protobuf/timestamp.proto";

option java_package = "com.shop";
option java_multiple_files = true;

message Order {
  reserved 100 to 200;
  reserved 99;
  reserved "gone";

  repeated Line lines = 2;
  optional int32 count = 3 [
    deprecated = true,
    json_name = "howMany"
  ];
  map<string, Line> by_name = 4;
  google.protobuf.Timestamp at = 1 [(confluent.field_meta) = {
    doc: "it\\'s when",
    params: [
      {
        key: "a",
        value: "1"
      },
      {
        key: "b",
        value: "2"
      }
    ],
    tags: "PII"
  }];

  oneof payer {
    string card = 12;
    Order parent = 11;
  }

  message Line {
    int64 amount = 1;
    State state = 2;
  }
  enum State {
    reserved 5;
    reserved 7 to max;
    reserved "LOST";
    option allow_alias = true;
    NEW = 0;
    PAID = 1;
    SETTLED = 1;
  }
}

service Orders {
  rpc Take (Order) returns (stream Order.Line) {
    option deprecated = true;
  };
}
`

describe('the canonical text', () => {
  test('is laid out as by Confluent, without comments', () => {
    expect(parse(written).canonical).toBe(canonical)
  })

  test('of the canonical text is itself, and so is that of the descriptor', () => {
    const schema = parse(written)
    expect(parse(schema.canonical).canonical).toBe(canonical)
    expect(parse(schema.render('serialized')).canonical).toBe(canonical)
    expect(parse(schema.render('serialized')).render('serialized')).toBe(schema.render('serialized'))
  })

  test('does not depend on how types are mentioned, on white space or on how numbers and texts are written', () => {
    const one = parse('syntax="proto3";package a.b;message M{N n=0x1;message N{} string s=2[json_name="s"];}')
    const other = parse(
      "syntax = 'proto3';\n\npackage a.b; // here\nmessage M { .a.b.M.N n = 1; message N {}; string s = 2; }",
    )
    expect(other.canonical).toBe(one.canonical)
  })

  test('keeps the order of messages and of fields, which the indexes of the wire format count', () => {
    const [one, other] = ['message A {} message B {}', 'message B {} message A {}'].map(
      (text) => parse(`syntax = "proto3"; ${text}`).canonical,
    )
    expect(one).not.toBe(other)
  })

  test('is read by another library, which finds the same fields', () => {
    const { root } = parseWithOther(canonical, { keepCase: true })
    const order = root.lookupType('shop.orders.Order')
    expect(order.fieldsArray.map(({ name, id }) => [name, id])).toEqual([
      ['lines', 2],
      ['count', 3],
      ['by_name', 4],
      ['at', 1],
      ['card', 12],
      ['parent', 11],
    ])
  })
})

describe('the normalized text', () => {
  const normalized = (body: string): string => parse(`syntax = "proto3"; package p; ${body}`).normalized()

  test('has fields by their numbers, and types by their whole names', () => {
    expect(normalized('message M { N b = 2; map<string, N> a = 1; message N {} reserved 9, 5; }'))
      .toBe(`syntax = "proto3";
package p;

message M {
  reserved 5;
  reserved 9;

  map<string, .p.M.N> a = 1;
  .p.M.N b = 2;

  message N {}
}
`)
  })

  test('is laid out to the byte as by Confluent, whose fingerprints are made of it', () => {
    const nested = 'message M { message N { reserved 1; int32 a = 2; oneof o { int32 b = 3; } message Empty {} } }'
    expect(normalized(nested)).toBe(
      [
        'syntax = "proto3";',
        'package p;',
        '',
        'message M {',
        '  message N {',
        '    reserved 1;',
        '  ',
        '    int32 a = 2;',
        '  ',
        '    oneof o {',
        '      int32 b = 3;',
        '    }',
        '  ',
        '    message Empty {}',
        '  }',
        '}',
        '',
      ].join('\n'),
    )
    expect(parse('message M { optional int32 a = 1; }').normalized()).toBe(
      '\nmessage M {\n  optional int32 a = 1;\n}\n',
    )
  })

  test('of options is the same for a list and for one after the other', () => {
    const tagged = (options: string): string =>
      normalized(`import "confluent/meta.proto"; message M { int32 a = 1 [${options}]; }`)
    const whole = tagged('(confluent.field_meta) = { doc: "d", tags: ["x", "y"] }')
    expect(tagged('(confluent.field_meta).tags = ["x", "y"], (confluent.field_meta).doc = "d"')).toBe(whole)
    expect(tagged('(confluent.field_meta).tags = "x", (.confluent.field_meta) = { tags: "y" doc: "d" }')).toBe(whole)
  })

  test('does not depend on the order of imports, options, fields, values of enums and choices', () => {
    const [one, other] = [
      'import "google/type/date.proto"; import "google/type/color.proto"; option go_package = "x"; option java_package = "y";',
      'import "google/type/color.proto"; import "google/type/date.proto"; option java_package = "y"; option go_package = "x";',
    ]
    const body = (text: string): string =>
      `${text} message M { int32 a = 1; int32 b = 2; oneof o { int32 c = 3; int32 d = 4; } } enum E { Z = 0; A = 1; B = 2; }`
    const swapped = (text: string): string =>
      `${text} message M { oneof o { int32 d = 4; int32 c = 3; } int32 b = 2; int32 a = 1; } enum E { Z = 0; B = 2; A = 1; }`
    expect(normalized(body(one ?? ''))).toBe(normalized(swapped(other ?? '')))
  })
})

describe('base64 descriptors', () => {
  test('come back as they were, with the name of the file and what it imports', () => {
    const schema = parse(written)
    const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(schema.render('serialized'), 'base64'))
    expect(file.dependency).toEqual(['google/protobuf/timestamp.proto', 'confluent/meta.proto'])
    file.name = 'orders.proto'
    const named = Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64')
    expect(parse(named).render('serialized')).toBe(named)
    expect(parse(named).canonical).toBe(canonical)
  })

  test('may refer to other descriptors, by the name under which they are imported', () => {
    const inner = parse('syntax = "proto3"; package in; message Inner { int32 a = 1; }').render('serialized')
    const outer = parse('syntax = "proto3"; import "sub/inner.proto"; message Outer { in.Inner i = 1; }', [
      { name: 'sub/inner.proto', text: inner },
    ])
    expect(parse(outer.render('serialized'), [{ name: 'sub/inner.proto', text: inner }]).canonical).toBe(
      outer.canonical,
    )
    expect(outer.problems({ i: { a: 'x' } })).toEqual([{ path: '/i/a', message: 'it is an int32, not "x"' }])
  })

  test.each([
    ['no descriptor', Buffer.from('\u0001\u0002\u0003nonsense').toString('base64')],
    ['a descriptor that is cut off', parse(written).render('serialized').slice(0, 400)],
    ['a type that is not there', descriptorOf({ field: [{ name: 'a', number: 1, typeName: '.No.Such' }] })],
    ['a field without a type', descriptorOf({ field: [{ name: 'a', number: 1 }] })],
    ['a name that is none', descriptorOf({ field: [{ name: 'a b', number: 1, type: 5 }] })],
    ['a name of several parts', descriptorOf({ field: [{ name: 'a.b', number: 1, type: 5 }] })],
    ['a name that is not for an object', descriptorOf({ field: [{ name: '__proto__', number: 1, type: 5 }] })],
    ['a number that is none', descriptorOf({ field: [{ name: 'a', number: 0, type: 5 }] })],
  ])('are refused where they hold %s', (_, text) => {
    expect(() => parse(text)).toThrow('schemas.schema_invalid')
  })
})

test('a descriptor whose options hold no message where one should be is refused, not failed on', () => {
  const tagged =
    'syntax = "proto3"; import "confluent/meta.proto"; message M { int32 a = 1 [(confluent.field_meta).doc = "d"]; }'
  const bytes = Buffer.from(parse(tagged).render('serialized'), 'base64')
  const at = bytes.indexOf(Buffer.from([0x0a, 0x01, 0x64]))
  expect(at).toBeGreaterThan(0)
  bytes[at] = 0xff
  expect(() => parse(bytes.toString('base64'))).toThrow('schemas.schema_invalid')
})

function descriptorOf(message: {
  field: { name: string; number: number; type?: number; typeName?: string }[]
}): string {
  const text = `syntax = "proto3"; message M { ${message.field.map((_, index) => `int32 f${index} = ${index + 1};`).join(' ')} }`
  const file = fromBinary(FileDescriptorProtoSchema, Buffer.from(parse(text).render('serialized'), 'base64'))
  message.field.forEach((wanted, index) => {
    const field = file.messageType[0]?.field[index]
    if (field === undefined) return
    delete (field as { type?: number }).type
    Object.assign(field, wanted)
  })
  return Buffer.from(toBinary(FileDescriptorProtoSchema, file)).toString('base64')
}

test('ignore_extensions leaves extensions out, but for those of Confluent', () => {
  const text = `syntax = "proto2"; import "google/protobuf/descriptor.proto"; import "confluent/meta.proto";
    message M { optional int32 a = 1 [(mine) = true, (confluent.field_meta) = { doc: "d" }]; extensions 100 to max; }
    extend google.protobuf.FieldOptions { optional bool mine = 50000; } extend M { optional int32 more = 100; }`
  const rendered = parse(text).render('ignore_extensions')
  expect(rendered).not.toMatch(/mine|extend|extensions/)
  expect(rendered).toContain('(confluent.field_meta)')
  expect(parse(text).render('something else')).toBe(parse(text).canonical)
})
