import { fromJson, type JsonValue } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { protobufFormat } from './protobuf.ts'
import { read } from './read.ts'

const text = `syntax = "proto3"; package shop;
import "google/protobuf/timestamp.proto"; import "google/protobuf/duration.proto"; import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto"; import "google/protobuf/any.proto"; import "google/protobuf/empty.proto";
import "google/protobuf/field_mask.proto"; import "google/type/money.proto"; import "confluent/meta.proto";
// What somebody ordered.
message Order {
  // Who ordered it.
  string user_id = 1 [(confluent.field_meta) = { tags: ["PII", "ID"] }];
  int32 count = 2; int64 total = 3; uint32 small = 4; uint64 big = 5; bool paid = 6; double rate = 7; float ratio = 8;
  bytes raw = 9; State state = 10; repeated Line lines = 11; map<string, int32> by_name = 12; map<int32, Line> by_id = 13;
  oneof payer { string card = 14; Line line = 15; }
  google.protobuf.Timestamp at = 16; google.protobuf.Duration within = 17; google.protobuf.Struct extra = 18;
  google.protobuf.Int64Value maybe = 19; google.protobuf.Any any = 20; google.protobuf.Empty nothing = 21;
  google.protobuf.FieldMask mask = 22; google.protobuf.Value value = 23; google.type.Money price = 24;
  string other = 25 [json_name = "another"]; map<bool, bool> flags = 26;
  enum State { NEW = 0; PAID = 1; }
  message Line { int32 amount = 1; Order parent = 2; } // of an order
}
message Refund { string reason = 1; }
`
const schema = protobufFormat.parse({ text, references: [] })
const problems = (payload: unknown) => schema.problems(payload)

describe('payloads in the JSON encoding of protobuf', () => {
  test.each([
    [{}],
    [{ userId: 'u', count: 1, total: '1', small: 0, big: '18446744073709551615', paid: true, rate: 1.5, ratio: 'NaN' }],
    [{ user_id: 'the name of the schema is a name too' }],
    [{ another: 'and the JSON name' }],
    [{ total: 5, count: '7', rate: '1e3' }],
    [{ raw: 'AQ==', state: 'PAID', lines: [{ amount: 1 }, {}], byName: { a: 1 }, byId: { '-1': { amount: 2 } } }],
    [{ state: 1 }],
    [{ state: 99 }],
    [{ card: 'one of them' }],
    [{ userId: null, lines: null, value: null }],
    [
      {
        at: '2025-01-02T03:04:05.5Z',
        within: '1.5s',
        extra: { a: [1, { b: null }] },
        maybe: '7',
        nothing: {},
        mask: 'a,b',
      },
    ],
    [{ price: { currencyCode: 'EUR', units: '12', nanos: 5 } }],
    [{ flags: { true: false } }],
    [{ any: { '@type': 'type.googleapis.com/shop.Refund', reason: 'r' } }],
    [{ '@type': 'shop.Refund', reason: 'r' }],
    [{ '@type': 'type.googleapis.com/shop.Order.Line', amount: 1 }],
  ])('%j is valid', (payload) => {
    expect(problems(payload)).toEqual([])
  })

  test.each([
    [[], '', 'shop.Order is an object'],
    ['text', '', 'shop.Order is an object'],
    [{ nobody: 1 }, '/nobody', 'has no field nobody'],
    [{ userId: 1 }, '/userId', 'it is a string, not 1'],
    [{ userId: '\ud800' }, '/userId', 'it is a string'],
    [{ count: 1.5 }, '/count', 'it is an int32, not 1.5'],
    [{ count: 2_147_483_648 }, '/count', 'it is an int32'],
    [{ small: -1 }, '/small', 'it is an uint32'],
    [{ big: '18446744073709551616' }, '/big', 'it is an uint64'],
    [{ total: 'x' }, '/total', 'it is an int64'],
    [{ paid: 'true' }, '/paid', 'it is a bool'],
    [{ rate: 'fast' }, '/rate', 'it is a double'],
    [{ raw: '*' }, '/raw', 'it is a bytes'],
    [{ state: 'LOST' }, '/state', '"LOST" is no value of shop.Order.State'],
    [{ lines: { amount: 1 } }, '/lines', 'it is a list'],
    [{ lines: [{ amount: 'x' }] }, '/lines/0/amount', 'it is an int32'],
    [{ lines: [null] }, '/lines/0', 'is an object'],
    [{ byName: [] }, '/byName', 'entries of a map'],
    [{ byId: { x: {} } }, '/byId/x', 'its key is no int32'],
    [{ flags: { yes: true } }, '/flags/yes', 'its key is no bool'],
    [{ card: 'a', line: {} }, '/line', 'only one of payer may be given, but card is too'],
    [{ userId: 'a', user_id: 'b' }, '/user_id', 'it is given twice, as userId too'],
    [{ at: 'yesterday' }, '/at', 'google.protobuf.Timestamp'],
    [{ within: '1 hour' }, '/within', 'google.protobuf.Duration'],
    [{ price: { units: 'x' } }, '/price/units', 'it is an int64'],
    [{ '@type': 'shop.Nobody' }, '/@type', 'the schema has no such message'],
    [{ '@type': 'shop.Refund', reason: 1 }, '/reason', 'it is a string'],
  ])('%j is not: %s %s', (payload, path, message) => {
    expect(problems(payload)).toHaveLength(1)
    expect(problems(payload)?.[0]).toEqual({ path, message: expect.stringContaining(message) as string })
  })

  test('all that is wrong is told, up to a limit', () => {
    expect(problems({ count: 'x', paid: 1, lines: [{ amount: true }] })?.map(({ path }) => path)).toEqual([
      '/count',
      '/paid',
      '/lines/0/amount',
    ])
    expect(problems({ lines: Array.from({ length: 1000 }, () => 1) })).toHaveLength(50)
  })

  test('a payload that is nested for ever is refused', () => {
    let deep: object = {}
    for (let depth = 0; depth < 5_000; depth++) deep = { line: { parent: deep } }
    expect(problems(deep)?.[0]?.message).toContain('nested more than 100 deep')
  })

  test('what is required is asked for', () => {
    const required = protobufFormat.parse({
      text: 'syntax = "proto2"; message M { required string a = 1; optional N n = 2; } message N { required int32 b = 1; }',
      references: [],
    })
    expect(required.problems({ n: {} })).toEqual([
      { path: '/n/b', message: 'b is required' },
      { path: '/a', message: 'a is required' },
    ])
  })
})

test('what is valid is what another library reads', () => {
  const [message] = read({ text, references: [] }).desc.messages
  if (message === undefined) throw new Error('the text has messages')
  const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
    fc.constantFrom<JsonValue[]>(null, true, 0, 1, -1, 1.5, 2 ** 31, -(2 ** 31), 2 ** 32, '', 'a', '1', '-1', 'true'),
    fc.constantFrom<JsonValue[]>('AQ==', 'PAID', 'NaN', 'Infinity', '18446744073709551615', '9223372036854775808'),
    fc.constantFrom<JsonValue[]>('2025-01-02T03:04:05Z', '1s', [], {}),
  )
  const key = fc.constantFrom('', '1', '-1', 'true', 'amount', 'units', 'a')
  const value: fc.Arbitrary<JsonValue> = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 2 }),
    fc.dictionary(key, scalar, { maxKeys: 2 }),
  )
  const names = message.fields.filter(({ name }) => name !== 'any').map(({ jsonName }) => jsonName)
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value, { minKeys: 1, maxKeys: 2 }), (payload) => {
      let isRead = true
      try {
        fromJson(message, payload)
      } catch {
        isRead = false
      }
      expect({ payload, isValid: problems(payload)?.length === 0 }).toEqual({ payload, isValid: isRead })
    }),
    {
      numRuns: Number(process.env['PLINTH_PROPERTY_RUNS'] ?? 1_500),
      seed: Number(process.env['PLINTH_PROPERTY_SEED'] ?? 4),
    },
  )
})

test('fields are told with their types, comments, tags and what they hold', () => {
  const fields = schema.fields()
  expect(fields[0]).toEqual({
    path: 'user_id',
    type: 'string',
    required: false,
    doc: 'Who ordered it.',
    tags: ['PII', 'ID'],
  })
  const types = new Map(fields.map(({ path, type }) => [path, type]))
  expect(types.get('lines')).toBe('repeated shop.Order.Line')
  expect(types.get('lines[].amount')).toBe('int32')
  expect(types.get('by_id')).toBe('map<int32, shop.Order.Line>')
  expect(types.get('by_id{}.amount')).toBe('int32')
  expect(types.get('at')).toBe('google.protobuf.Timestamp')
  expect(types.get('Refund.reason')).toBe('string')
  expect([...types.keys()].filter((path) => path.startsWith('at.'))).toEqual([])
  expect(schema.title).toBe('Order')
  expect(schema.doc).toBe('What somebody ordered.')
})

test('fields tell what is required and what is read where nothing is written', () => {
  const { fields } = protobufFormat.parse({
    text: 'syntax = "proto2"; message M { required int32 a = 1; optional string b = 2 [default = "x"]; }',
    references: [],
  })
  expect(fields()).toEqual([
    { path: 'a', type: 'int32', required: true },
    { path: 'b', type: 'string', required: false, default: 'x' },
  ])
})
