import { describe, expect, test } from 'vitest'
import { changed, orders as base, parse } from './testing/orders.ts'

describe('a text', () => {
  test('in YAML is the same as in JSON', () => {
    const yaml = parse(base)
    const json = parse(yaml.canonical)
    expect(json.canonical).toBe(yaml.canonical)
    expect(json.normalized()).toBe(yaml.normalized())
    expect(yaml).toMatchObject({ title: 'Orders', doc: 'What happens to orders' })
    const turned = parse(changed(['title: Orders, version: "1"', 'version: "1", title: Orders']))
    expect(turned.canonical).not.toBe(yaml.canonical)
    expect(turned.normalized()).toBe(yaml.normalized())
  })

  test('has fields by channel and message, and those of its named schemas', () => {
    const fields = new Map(
      parse(base)
        .fields()
        .map((field) => [field.path, field]),
    )
    expect(fields.get('receive shop.{}.placed Placed payload.id')).toMatchObject({ required: true, doc: 'Its number' })
    expect(fields.get('send shop.billed Billed headers.trace')).toMatchObject({ type: 'string', required: true })
    expect(fields.get('send shop.avro Paid payload.cents')).toMatchObject({ type: 'long' })
    expect(fields.get('Order.parent.id')).toMatchObject({ type: 'string' })
  })

  test('uses what it refers to, and nothing else', () => {
    const own = changed([
      'payload: { $ref: "#/components/schemas/Order" }',
      'payload: { $ref: "order.json#/definitions/Order" }',
    ])
    const order = { name: 'order.json', text: '{"definitions":{"Order":{"type":"object","required":["sum"]}}}' }
    expect(parse(own, order).problems({ channel: 'shop.eu.placed', message: 'Placed', payload: {} })).toHaveLength(1)
    expect(() => parse(own)).toThrow(/nothing is fetched/)
  })
})

describe('an event', () => {
  const schema = parse(base)
  test.each<[object, string[]]>([
    [{ channel: 'shop.eu.placed', message: 'Placed', payload: { id: 'a', lines: ['a', 1] } }, []],
    [{ channel: 'shop.eu.placed', message: 'Placed', payload: { id: 1 } }, ['/payload/id']],
    [{ channel: 'shop.eu.placed', message: 'Placed', payload: { id: 'a', lines: ['a', 'b'] } }, ['/payload/lines/1']],
    [{ channel: 'shop.eu.placed', message: 'Placed', payload: { id: 'a', lines: ['a', 1, 2] } }, ['/payload/lines']],
    [{ channel: 'shop.eu.placed', message: 'Placed', headers: { by: 1 }, payload: { id: 'a' } }, ['/headers/by']],
    [{ channel: 'shop.eu.placed', payload: { id: 'a' } }, []],
    [{ channel: 'shop.eu.lost', payload: {} }, ['/channel']],
    [{ channel: 'shop.billed', message: 'Nothing', payload: {} }, ['/message']],
    [{ channel: 'shop.billed', action: 'receive', payload: {} }, ['/channel']],
    [{ channel: 'shop.billed', key: 1, payload: { total: 1 } }, ['/key']],
    [{ channel: 'shop.avro', payload: { cents: 'x' } }, ['/payload/cents']],
  ])('%j has problems at %j', (event, paths) => expect(schema.problems(event)?.map(({ path }) => path)).toEqual(paths))
  test('that is none is told so', () => {
    for (const event of [null, 1, [], 'x', {}]) expect(schema.problems(event)).toHaveLength(1)
  })
})

describe('what is no description is refused with its place', () => {
  const minimal = (rest: string): string => `asyncapi: 3.0.0\ninfo: { title: a, version: "1" }\n${rest}`
  test.each<[string, string, RegExp]>([
    ['no YAML', 'a: [', /neither JSON nor YAML/],
    ['another version', 'asyncapi: 1.2.0', /\/asyncapi: "1.2.0" is not known/],
    ['no version', 'openapi: 3.0.0', /\/asyncapi/],
    ['no info', 'asyncapi: 3.0.0', /info/],
    ['an unknown key', minimal('chanels: {}'), /chanels/],
    ['a remote reference', minimal('channels: { a: { $ref: "http://evil.example/a" } }'), /nothing is fetched/],
    [
      'a reference to nothing',
      minimal('operations: { a: { action: send, channel: { $ref: "#/channels/a" } } }'),
      /leads to nothing/,
    ],
    ['a wrong payload', minimal('components: { schemas: { A: { type: strin } } }'), /\/components\/schemas\/A/],
    [
      'a wrong pattern',
      minimal('channels: { a: { messages: { A: { payload: { pattern: "(" } } } } }'),
      /\/channels\/a\/messages\/A\/payload: the pattern/,
    ],
    [
      'a wrong Avro payload',
      minimal(
        'channels: { a: { messages: { A: { payload: { schemaFormat: "application/vnd.apache.avro;version=1.9.0", schema: { type: record, name: R, fields: [ { name: a, type: int }, { name: a, type: int } ] } } } } } }',
      ),
      /\/channels\/a\/messages\/A\/payload\/schema\/fields\/1\/name: field a is there twice/,
    ],
    ['a poisoned key', minimal('x-a: { __proto__: 1 }'), /__proto__/],
    ['deep nesting', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, /deep/],
    ['a large text', `a: ${'x'.repeat(1_100_000)}`, /characters/],
  ])('%s', (_name, text, message) => {
    expect(() => parse(text)).toThrow(/not valid/)
    expect(() => parse(text)).toThrow(message)
  })
})
