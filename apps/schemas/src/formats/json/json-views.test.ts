import { describe, expect, test } from 'vitest'
import type { Schema } from '../format.ts'
import type { Json } from '../json-text.ts'
import { jsonSchemaFormat } from './json-schema.ts'

const read = (text: string): Schema => jsonSchemaFormat.parse({ text, references: [] })
const parsed = (schema: Json): Schema => read(JSON.stringify(schema))

describe('the canonical text', () => {
  test('has no white space, the order that was written, and each character as itself', () => {
    expect(read('{ "type" : "object",\n "properties": {"b":true, "\\u0061":{"const": "a \\/ b"}} }').canonical).toBe(
      '{"type":"object","properties":{"b":true,"a":{"const":"a / b"}}}',
    )
  })

  test('keeps digits that no double holds', () => {
    const text = '{"maximum":9007199254740993,"multipleOf":0.1234567890123456789}'
    expect(read(text).canonical).toBe(text)
    expect(read(text).normalized()).toBe(text)
  })

  test('normalized is the same for any order of keys and of sets', () => {
    const one = parsed({ type: ['null', 'object'], required: ['b', 'a'], properties: { a: { enum: [2, 1] }, b: true } })
    const other = parsed({
      properties: { b: true, a: { enum: [1, 2] } },
      required: ['a', 'b'],
      type: ['object', 'null'],
    })
    expect(one.normalized()).toBe(other.normalized())
    expect(one.canonical).not.toBe(other.canonical)
  })

  test('normalized leaves the order of what has one', () => {
    const value = (items: Json[]): string => parsed({ const: { required: items }, anyOf: [true] }).normalized()
    expect(value(['b', 'a'])).not.toBe(value(['a', 'b']))
    const tuple = (items: Json[]): string => parsed({ items }).normalized()
    expect(tuple([{ type: 'string' }, true])).not.toBe(tuple([true, { type: 'string' }]))
  })

  test('no text is mistaken for a number', () => {
    expect(read('{"const":"number:9007199254740993"}').normalized()).toBe('{"const":"number:9007199254740993"}')
    expect(read('{"enum":["number:9007199254740993",9007199254740993]}').normalized()).toContain(',9007199254740993]')
  })

  test('each format of the API that JSON Schema has none of is the canonical text', () => {
    expect(parsed({ type: 'string' }).render('resolved')).toBe('{"type":"string"}')
  })
})

describe('fields', () => {
  const schema = parsed({
    title: 'Entry',
    description: 'A booking.',
    type: 'object',
    properties: {
      id: { type: 'string', format: 'uuid', description: 'Of the booking.' },
      holder: { $ref: '#/$defs/person', description: 'Whose account it is.' },
      lines: {
        type: 'array',
        items: { type: 'object', properties: { amount: { type: 'number', default: 0 } }, required: ['amount'] },
      },
      labels: { type: 'object', additionalProperties: { type: 'string' } },
      parent: { $ref: '#' },
    },
    required: ['id', 'holder', 'lines'],
    $defs: {
      person: {
        type: 'object',
        properties: { name: { type: ['string', 'null'], 'confluent:tags': ['PII'] } },
        required: ['name'],
      },
    },
  })

  test('are told with their type, whether they are required, words, defaults and tags', () => {
    expect(schema.fields()).toEqual([
      { path: 'id', type: 'string (uuid)', required: true, doc: 'Of the booking.' },
      { path: 'holder', type: 'object', required: true, doc: 'Whose account it is.' },
      { path: 'holder.name', type: 'string | null', required: true, tags: ['PII'] },
      { path: 'lines', type: 'array', required: true },
      { path: 'lines[].amount', type: 'number', required: true, default: '0' },
      { path: 'labels', type: 'object', required: false },
      { path: 'parent', type: 'object', required: false, doc: 'A booking.' },
    ])
    expect(schema).toMatchObject({ title: 'Entry', doc: 'A booking.' })
  })

  test('of alternatives are those of each, none of them required', () => {
    const choice = parsed({
      oneOf: [
        { properties: { card: { type: 'string' } }, required: ['card'] },
        { properties: { iban: { type: 'string' } }, required: ['iban'] },
      ],
    })
    expect(choice.fields().map(({ path, required }) => [path, required])).toEqual([
      ['card', false],
      ['iban', false],
    ])
  })

  test('a schema without any has none', () => {
    expect([parsed(true).fields(), parsed({ type: 'string' }).fields()]).toEqual([[], []])
  })
})
