import { describe, expect, test } from 'vitest'
import { changed, orders as base, parse, reasons, type Change } from './testing/orders.ts'
import type { Policy } from '../format.ts'

describe('an application and its partners understand each other', () => {
  test.each<[string, ...Change[]]>([
    ['with the same description'],
    ['when it may receive more', ['id: { type: string, description', 'id: { type: [string, integer], description']],
    ['when it sends less', ['maxLength: 36', 'maxLength: 10']],
    ['when it sends one more property', ['note: {', 'fresh: { type: string }, note: {']],
    [
      'when it reads one more optional property',
      ['id: { type: string, description', 'fresh: { type: string }\n        id: { type: string, description'],
    ],
    ['when it reads another message', ['      Cancelled:', '      Fresh: { payload: {} }\n      Cancelled:']],
    ['when a channel is new', ['channels:', 'channels:\n  fresh: { address: a.b, messages: { A: { payload: {} } } }']],
    [
      'when a parameter of an address is renamed',
      ['shop.{region}.placed', 'shop.{area}.placed'],
      ['parameters: { region', 'parameters: { area'],
    ],
    [
      'when it answers less',
      ['Told: { payload: { type: integer } }', 'Told: { payload: { type: integer, maximum: 5 } }'],
    ],
    ['with Avro that promotes', ['name: cents, type: long', 'name: cents, type: int']],
    ['with another version', ['version: "1"', 'version: "2"']],
  ])('%s', (_name, ...changes) => expect(reasons(changed(...changes), base)).toEqual([]))
})

const placed = '/channels/placed/messages'
const billed = '/channels/billed/messages/Billed'

describe('they do not, and it is said why', () => {
  test.each<[string, string, string, Change, object | undefined, 'reader' | 'writer']>([
    [
      'CHANNEL_REMOVED',
      '/channels',
      '/operations/onPlaced',
      ['shop.{region}.placed', 'shop.{region}.made'],
      undefined,
      'writer',
    ],
    [
      'OPERATION_REMOVED',
      '/operations',
      '/operations/bill',
      ['bill: { action: send', 'bill: { action: receive'],
      undefined,
      'writer',
    ],
    [
      'MESSAGE_REMOVED',
      '/operations/onPlaced',
      `${placed}/Cancelled`,
      ['Cancelled: {', 'Stopped: {'],
      undefined,
      'writer',
    ],
    [
      'MESSAGE_ADDED',
      '/channels/avro/messages/Fresh',
      '/operations/pay',
      ['      Paid:', '      Fresh: { payload: {} }\n      Paid:'],
      undefined,
      'writer',
    ],
    [
      'CONTENT_TYPE_CHANGED',
      billed,
      '',
      ['contentType: application/json\n', 'contentType: text/plain\n'],
      undefined,
      'writer',
    ],
    [
      'PAYLOAD_LANGUAGE_CHANGED',
      '/channels/avro/messages/Paid',
      '',
      [
        'schemaFormat: application/vnd.apache.avro+json;version=1.9.0\n          schema: { type: record, name: Paid, fields: [ { name: cents, type: long } ] }',
        'type: object',
      ],
      undefined,
      'writer',
    ],
    [
      'RECEIVED_TYPE_CHANGED',
      '/components/messages/Placed/payload/properties/id',
      '',
      ['id: { type: string, description', 'id: { type: integer, description'],
      { channel: 'shop.{region}.placed', action: 'receive', message: 'Placed' },
      'writer',
    ],
    [
      'RECEIVED_REQUIRED_ATTRIBUTE_ADDED',
      '/components/messages/Placed/payload/required',
      '',
      ['required: [id]', 'required: [id, lines]'],
      { message: 'Placed' },
      'writer',
    ],
    [
      'SENT_TYPE_CHANGED',
      `${billed}/payload/properties/total`,
      '',
      ['total: { type: number }', 'total: { type: string }'],
      { channel: 'shop.billed', message: 'Billed' },
      'reader',
    ],
    [
      'SENT_REQUIRED_ATTRIBUTE_ADDED',
      `${billed}/headers/required`,
      '',
      ['required: [trace]', 'maxProperties: 9'],
      { message: 'Billed', headers: {} },
      'reader',
    ],
    [
      'SENT_MAX_LENGTH_DECREASED',
      `${billed}/bindings/kafka/key/maxLength`,
      '',
      ['maxLength: 36', 'maxLength: 99'],
      { message: 'Billed' },
      'reader',
    ],
    [
      'SENT_READER_FIELD_MISSING_DEFAULT_VALUE',
      '/channels/avro/messages/Paid/payload/schema',
      '/channels/avro/messages/Paid/payload/schema/fields/0',
      ['fields: [ { name: cents, type: long } ]', 'fields: [ { name: euros, type: long } ]'],
      { message: 'Paid', payload: { euros: 1 } },
      'reader',
    ],
    [
      'SENT_TYPE_CHANGED',
      '/channels/told/messages/Told/payload',
      '',
      ['Told: { payload: { type: integer } }', 'Told: { payload: { type: string } }'],
      { message: 'Told', payload: 'x' },
      'reader',
    ],
    [
      'RECEIVED_TYPE_CHANGED',
      '/channels/shelf/messages/Item/payload/properties/name',
      '',
      ['name: { type: string }', 'name: { type: integer }'],
      { channel: 'shop.shelf', message: 'Item' },
      'writer',
    ],
  ])('%s at %s', (rule, path, writerPath, change, payload, validUnder) => {
    const now = changed(change)
    const all = reasons(now, base)
    const found = all.find((reason) => reason.rule === rule && reason.path.startsWith(path))
    expect(found, JSON.stringify(all, null, 1)).toBeDefined()
    if (writerPath !== '') expect(found?.writerPath).toBe(writerPath)
    expect(found?.message).toMatch(/\w/)
    expect(found?.edit).toMatch(/\w/)
    if (payload === undefined) return
    expect(found?.example?.validUnder).toBe(validUnder)
    const shown: unknown = JSON.parse(found?.example?.payload ?? 'null')
    expect(shown).toMatchObject(payload)
    expect(parse(validUnder === 'reader' ? now : base).problems(shown)).toEqual([])
    expect(parse(validUnder === 'reader' ? base : now).problems(shown)).not.toEqual([])
  })

  test('a payload in a language that is not compared must stay as it is', () => {
    const raml = (type: string): string => `
asyncapi: 2.6.0
info: { title: a, version: "1" }
channels:
  a: { publish: { message: { schemaFormat: "application/raml+yaml;version=1.0", payload: { type: ${type} } } } }
`
    expect(reasons(raml('string'), raml('string'))).toEqual([])
    expect(reasons(raml('integer'), raml('string')).map(({ rule }) => rule)).toEqual(['PAYLOAD_CHANGED'])
  })

  test.each<[Policy, Change, string[]]>([
    ['LENIENT', ['      Paid:', '      Fresh: { payload: {} }\n      Paid:'], []],
    ['EXACT', ['Billed" } ]', 'Other" } ]'], ['MESSAGE_ADDED', 'MESSAGE_REMOVED']],
  ])('%s judges messages its own way', (policy, change, rules) => {
    const both = (text: string): string => text.replace('      Billed:', '      Other: { payload: {} }\n      Billed:')
    const now = policy === 'EXACT' ? both(changed(change)) : changed(change)
    expect(
      reasons(now, both(base), policy)
        .map(({ rule }) => rule)
        .toSorted(),
    ).toEqual(rules)
  })
})

describe('AsyncAPI 2 is told from outside', () => {
  const old = (publish: string, subscribe: string, message = ''): string => `
asyncapi: 2.6.0
info: { title: a, version: "1" }
channels:
  shop/{id}:
    publish: { message: { ${message}payload: ${publish} } }
    subscribe: { message: { oneOf: [ { messageId: A, payload: ${subscribe} }, { messageId: B, payload: { type: "null" } } ] } }
`
  const wide = '{ type: [string, integer] }'
  const narrow = '{ type: string }'
  test('what is published is received, what is subscribed to is sent', () => {
    expect(reasons(old(wide, narrow), old(narrow, wide))).toEqual([])
    expect(
      reasons(old(narrow, wide), old(wide, narrow)).map(({ rule, example }) => [rule, example?.validUnder]),
    ).toEqual([
      [expect.stringMatching(/^RECEIVED_/), 'writer'],
      [expect.stringMatching(/^SENT_/), 'reader'],
    ])
    expect(
      parse(old(narrow, narrow))
        .problems({ channel: 'shop/7', action: 'receive', payload: 1 })
        ?.map(({ path }) => path),
    ).toEqual(['/payload'])
  })
  test('and can be followed by a description of version 3', () => {
    const later = (type: string): string => `
asyncapi: 3.0.0
info: { title: a, version: "1" }
channels: { c: { address: "shop/{id}", messages: { message: { payload: ${type} } } } }
operations: { o: { action: receive, channel: { $ref: "#/channels/c" } } }
`
    const before = old(narrow, wide).replace(/ {4}subscribe:.*\n/, '')
    expect(reasons(later(wide), before)).toEqual([])
    expect(reasons(later('{ type: boolean }'), before).map(({ rule }) => rule)).toEqual(['RECEIVED_TYPE_CHANGED'])
  })
})
