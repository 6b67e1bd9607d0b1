import { expect, test } from 'vitest'
import type { Schema } from '../format.ts'
import { protobufFormat } from './protobuf.ts'

const many = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, n) => make(n)).join(' ')
const message = (body: string): Schema =>
  protobufFormat.parse({ text: `syntax = "proto3"; message M { ${body} }`, references: [] })

/** Half of what the limits allow, in the shapes that make careless comparisons slow. */
const shapes: Readonly<Record<string, string>> = {
  'one field each': many(4_500, (n) => `int32 f${n} = ${n + 1};`),
  'one oneof each': many(2_500, (n) => `oneof o${n} { int32 f${n} = ${n + 1}; }`),
  'one oneof for all': `oneof o { ${many(4_500, (n) => `int32 f${n} = ${n + 1};`)} }`,
  'one map each': many(1_000, (n) => `map<int32, string> f${n} = ${n + 1};`),
  'one reservation each': `reserved ${Array.from({ length: 2_500 }, (_, n) => n * 2 + 1).join()};`,
}

test('messages that are as wide as nobody writes them are read, printed and compared within seconds', () => {
  const startedMs = process.threadCpuUsage().user / 1_000
  const schemas = Object.values(shapes).map(message)
  for (const schema of schemas) expect(schema.normalized()).toContain('message M {')
  for (const reader of schemas)
    for (const writer of schemas)
      expect(protobufFormat.unreadable(reader, writer, 'EXACT', 'reader').length).toBeLessThanOrEqual(1_000)
  expect(process.threadCpuUsage().user / 1_000 - startedMs).toBeLessThan(15_000)
}, 20_000)

test('a change of 500 fields is judged in less than 5 ms', () => {
  const fields = many(500, (n) => `string f${n} = ${n + 1};`)
  const [writer, reader] = [message(fields), message(`${fields} int32 more = 501;`)]
  protobufFormat.unreadable(reader, writer, 'EXACT', 'reader')
  const tookMs = Array.from({ length: 20 }, () => {
    const startedMs = process.threadCpuUsage().user / 1_000
    expect(protobufFormat.unreadable(reader, writer, 'EXACT', 'reader')).toEqual([])
    return process.threadCpuUsage().user / 1_000 - startedMs
  })
  expect(Math.min(...tookMs)).toBeLessThan(5)
})

test('messages of imports that hold one another thousands deep are compared', () => {
  const chain = (type: string): Schema =>
    protobufFormat.parse({
      text: 'syntax = "proto3"; import "chain.proto"; message Top { chain.M0 a = 1; }',
      references: [
        {
          name: 'chain.proto',
          text: `syntax = "proto3"; package chain; ${many(3_000, (n) => `message M${n} { ${n === 2_999 ? type : `M${n + 1}`} a = 1; }`)}`,
        },
      ],
    })
  const rules = (policy: 'STRICT' | 'EXACT', before: string, after: string): string[] =>
    protobufFormat.unreadable(chain(after), chain(before), policy).map(({ rule }) => rule)
  expect(rules('STRICT', 'int32', 'string').slice(0, 2)).toEqual([
    'FIELD_SCALAR_KIND_CHANGED',
    'FIELD_NAMED_TYPE_CHANGED',
  ])
  expect(rules('EXACT', 'int64', 'int32')).toEqual(['FIELD_WIRE_JSON_COMPATIBLE_TYPE'])
})

test('what is broken is told, however much else was changed', () => {
  const added = many(9_000, (n) => `int32 f${n} = ${n + 2};`)
  const rules = protobufFormat.unreadable(message(`string a = 1; ${added}`), message('int32 a = 1;'), 'STRICT')
  expect(rules.map(({ rule }) => rule)).toEqual(['FIELD_SCALAR_KIND_CHANGED'])
})

test('an option with more values than anybody writes is read and printed in an instant', () => {
  const startedMs = process.threadCpuUsage().user / 1_000
  const text = `syntax = "proto3"; import "confluent/meta.proto";
    message M { option (confluent.message_meta) = { ${many(60_000, (n) => `tags: "t${n}"`)} }; }`
  const schema = protobufFormat.parse({ text, references: [] })
  expect(schema.normalized()).toContain('"t59999"')
  expect(process.threadCpuUsage().user / 1_000 - startedMs).toBeLessThan(5_000)
})
