import { describe, expect, test } from 'vitest'
import { avroFormat } from './avro.ts'
import type { Schema } from '../format.ts'

const parse = (text: string, ...references: string[]): Schema =>
  avroFormat.parse({ text, references: references.map((reference, index) => ({ name: `r${index}`, text: reference })) })

describe('the canonical text is what Apache Avro prints', () => {
  test.each<[string, string, string]>([
    ['a primitive type loses its braces', ' {"type": "string"} ', '"string"'],
    ['a bare word is taken', 'string', '"string"'],
    [
      'attributes stay, in their order',
      '{"type":"bytes","scale":2,"logicalType":"decimal","precision":9}',
      '{"type":"bytes","scale":2,"logicalType":"decimal","precision":9}',
    ],
    [
      'keys of Avro stand in its order',
      '{"name":"A","fields":[{"type":"int","name":"x","default":1,"doc":"d"}],"type":"record","doc":"D"}',
      '{"type":"record","name":"A","doc":"D","fields":[{"name":"x","type":"int","doc":"d","default":1}]}',
    ],
    [
      'fields and symbols stay as they are',
      '{"type":"enum","name":"E","symbols":["B","A"],"default":"A","x":1}',
      '{"type":"enum","name":"E","symbols":["B","A"],"default":"A","x":1}',
    ],
    [
      'a dotted name becomes name and namespace',
      '{"type":"fixed","name":"a.b.F","size":2,"aliases":["G","c.H"]}',
      '{"type":"fixed","name":"F","namespace":"a.b","size":2,"aliases":["G","c.H"]}',
    ],
    [
      'a name in the same namespace is short',
      '{"type":"record","name":"a.R","fields":[{"name":"x","type":["null","a.R"]}]}',
      '{"type":"record","name":"R","namespace":"a","fields":[{"name":"x","type":["null","R"]}]}',
    ],
    [
      'what says nothing goes',
      '{"type":"record","name":"R","namespace":"","doc":null,"aliases":[],"fields":[{"name":"x","type":{"type":{"type":"int"}},"order":"ascending"}]}',
      '{"type":"record","name":"R","fields":[{"name":"x","type":"int"}]}',
    ],
    [
      'large and exact numbers keep their text',
      '{"type":"record","name":"R","fields":[{"name":"x","type":"long","default":9223372036854775807},{"name":"y","type":"double","default":1.0}]}',
      '{"type":"record","name":"R","fields":[{"name":"x","type":"long","default":9223372036854775807},{"name":"y","type":"double","default":1.0}]}',
    ],
    [
      'lists, maps and unions',
      '[ "null", {"type":"array","items":{"type":"map","values":{"type":"long"}},"java-class":"L"} ]',
      '["null",{"type":"array","items":{"type":"map","values":"long"},"java-class":"L"}]',
    ],
    ['an error is no record', '{"type":"error","name":"R","fields":[]}', '{"type":"error","name":"R","fields":[]}'],
  ])('%s', (_name, text, canonical) => {
    expect(parse(text).canonical).toBe(canonical)
    expect(parse(canonical).canonical).toBe(canonical)
  })

  test('normalized, it does not depend on the order of attributes or on how names are written', () => {
    const a = parse(
      '{"type":"record","name":"R","namespace":"a","z":1,"b":{"d":1,"c":2},"fields":[{"name":"x","type":["null","R"],"q":1,"doc":"d"}]}',
    )
    const b = parse(
      '{"b":{"c":2,"d":1},"z":1,"fields":[{"doc":"d","q":1,"type":["null","a.R"],"name":"x"}],"type":"record","name":"a.R"}',
    )
    expect(a.canonical).not.toBe(b.canonical)
    expect(a.normalized()).toBe(b.normalized())
    expect(parse(a.normalized()).normalized()).toBe(a.normalized())
  })
})

describe('a schema that refers to other texts', () => {
  const money = '{"type":"record","name":"Money","namespace":"shared","fields":[{"name":"unit","type":"string"}]}'
  const price = '{"type":"record","name":"shared.Price","fields":[{"name":"money","type":"Money"}]}'
  const order =
    '{"type":"record","name":"Order","fields":[{"name":"total","type":"shared.Price"},{"name":"tax","type":"shared.Money"}]}'

  test('uses their types by full name, and keeps doing so in its canonical text', () => {
    expect(parse(order, money, price).canonical).toBe(order)
    expect(parse('"shared.Money"', money).canonical).toBe('"shared.Money"')
  })
  test('stands alone when it is resolved', () => {
    const resolved = parse(order, money, price).render('resolved')
    expect(resolved).toContain('"name":"Price","namespace":"shared"')
    expect(parse(resolved).canonical).toBe(resolved)
    expect(parse(order, money, price).render('anything')).toBe(order)
  })
  test('is compared and described with them', () => {
    const other = money.replace('"string"', '"int"')
    const [found] = avroFormat.unreadable(parse('"shared.Money"', other), parse('"shared.Money"', money), 'STRICT')
    expect(found).toMatchObject({
      rule: 'TYPE_MISMATCH',
      path: '/fields/0/type',
      example: { payload: '{"unit":"text"}' },
    })
    expect(
      parse(order, money, price)
        .fields()
        .map(({ path }) => path),
    ).toEqual(['total', 'total.money', 'total.money.unit', 'tax', 'tax.unit'])
  })
  test('is refused without them, and where it defines one of their types again', () => {
    expect(() => parse(order)).toThrow(/no type is called 'shared.Price'/)
    expect(() => parse(money, money)).toThrow(/defined twice/)
  })
  test('takes a text that came in two ways once', () => expect(parse(order, money, money, price).canonical).toBe(order))
})

describe('fields are listed for documentation and search', () => {
  test('with paths, types, defaults, docs and tags', () => {
    const schema = parse(
      '{"type":"record","name":"shop.Order","doc":"An order","fields":[{"name":"id","type":{"type":"string","logicalType":"uuid"},"doc":"Its number","confluent:tags":["PII"]},{"name":"lines","type":{"type":"array","items":{"type":"record","name":"Line","fields":[{"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}},{"name":"parent","type":["null","Order"],"default":null}]}}},{"name":"labels","type":{"type":"map","values":["null","string"]},"default":{}},{"name":"pay","type":[{"type":"record","name":"Card","fields":[{"name":"number","type":"string"}]},{"type":"record","name":"Cash","fields":[]}]}]}',
    )
    expect(schema).toMatchObject({ title: 'shop.Order', doc: 'An order' })
    expect(schema.fields()).toEqual([
      { path: 'id', type: 'string (uuid)', required: true, doc: 'Its number', tags: ['PII'] },
      { path: 'lines', type: 'array<shop.Line>', required: true },
      { path: 'lines[].price', type: 'decimal(9,2)', required: true },
      { path: 'lines[].parent', type: 'null | shop.Order', required: false, default: 'null' },
      { path: 'labels', type: 'map<null | string>', required: false, default: '{}' },
      { path: 'pay', type: 'shop.Card | shop.Cash', required: true },
      { path: 'pay<Card>.number', type: 'string', required: true },
    ])
  })
})

describe('a payload in JSON encoding', () => {
  const schema = parse(
    '{"type":"record","name":"a.R","fields":[{"name":"i","type":"int"},{"name":"l","type":"long"},{"name":"b","type":"bytes"},{"name":"u","type":["null","string",{"type":"enum","name":"E","symbols":["A"]}]},{"name":"f","type":{"type":"fixed","name":"F","size":2}},{"name":"m","type":{"type":"map","values":{"type":"array","items":"double"}}}]}',
  )
  const good = { i: 1, l: 2 ** 53, b: 'ÿ', u: { 'a.E': 'A' }, f: 'ab', m: { k: [1, 'NaN'] } }
  test('that is right has no problems', () => {
    expect(schema.problems(good)).toEqual([])
    expect(schema.problems({ ...good, u: null })).toEqual([])
  })
  test.each<[object, string]>([
    [{ i: 1.5 }, '/i'],
    [{ i: 2 ** 31 }, '/i'],
    [{ l: '1' }, '/l'],
    [{ b: 'Ā' }, '/b'],
    [{ u: 'text' }, '/u'],
    [{ u: { string: 'x', more: 1 } }, '/u'],
    [{ u: { 'a.E': 'B' } }, '/u/a.E'],
    [{ f: 'abc' }, '/f'],
    [{ m: { k: ['x'] } }, '/m/k/0'],
    [{ m: [] }, '/m'],
    [{ more: 1 }, '/more'],
    [{ i: undefined }, '/i'],
  ])('%j is told at %s', (change, path) => {
    const payload = JSON.parse(JSON.stringify({ ...good, ...change })) as unknown
    expect(schema.problems(payload)?.map((problem) => problem.path)).toEqual([path])
  })
  test('all problems are told', () => expect(schema.problems({})?.length).toBe(6))
})

describe('what is no Avro schema is refused with its place', () => {
  const deep = `${'{"type":"array","items":'.repeat(120)}"int"${'}'.repeat(120)}`
  const field = (rest: string): string => `{"type":"record","name":"R","fields":[{"name":"x",${rest}}]}`
  test.each<[string, string, RegExp]>([
    ['no JSON', '{', /no JSON/],
    ['an unknown type', '{"type":"recrod","name":"X"}', /\/type: no type is called 'recrod'/],
    ['a number', '1', /a schema is a name/],
    ['no type', '{}', /"type" is missing/],
    ['no name', '{"type":"record","fields":[]}', /needs a "name"/],
    ['no fields', '{"type":"record","name":"R"}', /needs "fields"/],
    ['a field without type', '{"type":"record","name":"R","fields":[{"name":"x"}]}', /\/fields\/0: field x needs/],
    [
      'a field twice',
      '{"type":"record","name":"R","fields":[{"name":"x","type":"int"},{"name":"x","type":"int"}]}',
      /\/fields\/1\/name: field x is there twice/,
    ],
    ['a name with a dash', '{"type":"record","name":"a-b","fields":[]}', /'a-b' is no name/],
    ['a namespace that is none', '{"type":"record","name":"R","namespace":"a..b","fields":[]}', /is no name/],
    ['a poisoned name', field('"type":"int"').replace('"x"', '"__proto__"'), /__proto__/],
    ['a poisoned key', '{"type":"record","name":"R","fields":[],"__proto__":{}}', /__proto__/],
    ['a type called like a primitive', '{"type":"fixed","name":"int","size":1}', /primitive/],
    [
      'a type twice',
      '[{"type":"fixed","name":"F","size":1},{"type":"enum","name":"F","symbols":["A"]}]',
      /\/1\/name: F is defined twice/,
    ],
    ['a type used before it is defined', '["R",{"type":"record","name":"R","fields":[]}]', /no type is called 'R'/],
    ['a symbol twice', '{"type":"enum","name":"E","symbols":["A","A"]}', /\/symbols\/1: A is there twice/],
    ['a symbol that is no name', '{"type":"enum","name":"E","symbols":["1"]}', /\/symbols\/0/],
    ['a default that is no symbol', '{"type":"enum","name":"E","symbols":["A"],"default":"B"}', /one of its symbols/],
    ['a negative size', '{"type":"fixed","name":"F","size":-1}', /whole number/],
    ['no items', '{"type":"array"}', /needs "items"/],
    ['no values', '{"type":"map"}', /needs "values"/],
    ['a union in a union', '["null",["int"]]', /can not hold a union/],
    ['a branch twice', '["int",{"type":"int","x":1}]', /int twice/],
    ['a wrong order', field('"type":"int","order":"up"'), /order is/],
    ['a wrong alias', field('"type":"int","aliases":["a.b"]'), /aliases/],
    ['a default of another type', field('"type":"int","default":"1"'), /\/fields\/0\/default: "1" is no int/],
    ['a default beyond int', field('"type":"int","default":2147483648'), /is no int/],
    ['a default that no branch takes', field('"type":["null","int"],"default":"x"'), /default/],
    ['a wrong item of a default', field('"type":{"type":"array","items":"int"},"default":[1,"x"]'), /\/default\/1/],
    [
      'a default that lacks a field',
      field('"type":{"type":"record","name":"I","fields":[{"name":"a","type":"int"}]},"default":{}'),
      /field a of I is missing/,
    ],
    ['a default of the wrong size', field('"type":{"type":"fixed","name":"F","size":2},"default":"a"'), /is no F/],
    ['deep nesting', deep, /deep/],
    ['a large text', `"${'x'.repeat(1_100_000)}"`, /larger than/],
  ])('%s', (_name, text, message) => {
    expect(() => parse(text)).toThrow(/not valid/)
    expect(() => parse(text)).toThrow(message)
  })

  test('types that lie in each other too deep by name', () => {
    const all = Array.from(
      { length: 300 },
      (_, index) =>
        `{"type":"record","name":"R${index}","fields":[${index === 0 ? '' : `{"name":"x","type":"R${index - 1}"}`}]}`,
    )
    expect(() => parse(`[${all.join(',')}]`)).toThrow(/more than 200 deep/)
  })

  test.each<[string, string]>([
    ['a default for any branch of a union', field('"type":["null","int"],"default":1')],
    [
      'a default of the record itself',
      '{"type":"record","name":"R","fields":[{"name":"n","type":["null","R"],"default":null}]}',
    ],
    [
      'a default whose own fields have defaults',
      field('"type":{"type":"record","name":"I","fields":[{"name":"a","type":"int","default":1}]},"default":{}'),
    ],
    ['an unknown logical type', '{"type":"int","logicalType":"mine"}'],
    [
      'a type of the null namespace from within another',
      '{"type":"record","name":"a.R","fields":[{"name":"x","type":{"type":"fixed","name":"F","namespace":"","size":1}},{"name":"y","type":"F"}]}',
    ],
  ])('but %s is fine', (_name, text) => {
    const schema = parse(text)
    expect(parse(schema.canonical).canonical).toBe(schema.canonical)
  })
})
