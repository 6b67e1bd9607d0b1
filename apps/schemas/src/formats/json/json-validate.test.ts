import { describe, expect, test } from 'vitest'
import type { Problem, Schema } from '../format.ts'
import type { Json } from '../json-text.ts'
import { jsonSchemaFormat } from './json-schema.ts'

const parsed = (schema: Json): Schema => jsonSchemaFormat.parse({ text: JSON.stringify(schema), references: [] })
const problems = (schema: Json, payload: unknown): readonly Problem[] | undefined => parsed(schema).problems(payload)

describe('a payload is told what is wrong with it and where', () => {
  const order: Json = {
    type: 'object',
    properties: { id: { type: 'string', format: 'uuid' }, lines: { type: 'array', items: { $ref: '#/$defs/line' } } },
    required: ['id'],
    additionalProperties: false,
    $defs: { line: { type: 'object', properties: { amount: { type: 'number', multipleOf: 0.01 } } } },
  }

  test.each<[string, Json, string, RegExp]>([
    ['a property that is missing', {}, '/id', /required property/],
    ['one that is not known', { id: '6f1c2f5e-9a1b-4c8d-8e2f-0a1b2c3d4e5f', a: 1 }, '/a', /additional properties/],
    ['a format', { id: 'x' }, '/id', /format "uuid"/],
    ['a place behind a reference', { id: 'x', lines: [{}, { amount: '1' }] }, '/lines/1/amount', /must be number/],
    ['an amount of a tenth of a cent', { id: 'x', lines: [{ amount: 0.001 }] }, '/lines/0/amount', /multiple of 0.01/],
  ])('%s', (_name, payload, path, message) => {
    expect(problems(order, payload)).toContainEqual({ path, message: expect.stringMatching(message) as string })
  })

  test('19.99 is a multiple of 0.01', () => {
    expect(problems({ multipleOf: 0.01 }, 19.99)).toEqual([])
  })

  test('values that are allowed are told', () => {
    expect(problems({ enum: ['EUR', 'USD'] }, 'XXX')?.[0]?.message).toContain('["EUR","USD"]')
  })

  test('an empty array contains nothing, whatever was found before', () => {
    const schema: Json = { prefixItems: [{ pattern: '^a' }], contains: { const: 1 } }
    expect(problems(schema, [])).not.toEqual([])
    expect(problems(schema, ['a', 1])).toEqual([])
  })

  test('no more than 50 problems are told', () => {
    expect(
      problems(
        { items: { type: 'string' } },
        Array.from({ length: 1_000 }, () => 1),
      ),
    ).toHaveLength(50)
  })
})

describe('hostile payloads and schemas cost no more than others', () => {
  const withinMs = (limitMs: number, work: () => unknown): void => {
    const started = process.threadCpuUsage().user / 1_000
    work()
    expect(process.threadCpuUsage().user / 1_000 - started).toBeLessThan(limitMs)
  }

  test.each(['(a+)+$', '^(a|a)*$', '(x+x+)+y', '^(?=.*\\d)(a+)+$'])('the pattern %s', (pattern) => {
    withinMs(500, () => problems({ pattern }, `${'a'.repeat(50_000)}!`))
  })

  test('text that a large pattern would take long to match', () => {
    const text = Array.from({ length: 60_000 }, (_, index) => (index % 3 === 0 ? 'a' : 'b')).join('')
    expect(problems({ pattern: '[ab]*a[ab]{900}$' }, text)?.[0]?.message).toMatch(/too long to check/)
  })

  test('choices that multiply with each level of the payload', () => {
    const node = { properties: { a: { $ref: '#/$defs/n' } }, required: ['b'] }
    const schema = { $ref: '#/$defs/n', $defs: { n: { anyOf: [node, node, node] } } }
    let payload: unknown = {}
    for (let depth = 0; depth < 40; depth++) payload = { a: payload }
    withinMs(1_000, () => expect(problems(schema, payload)?.[0]?.message).toMatch(/too long to check/))
  })

  test('more levels than a stack has', () => {
    const text = `${'['.repeat(9_000)}${']'.repeat(9_000)}`
    const schema: Json = { $ref: '#/$defs/n', $defs: { n: { items: { $ref: '#/$defs/n' } } } }
    expect(() => problems(schema, JSON.parse(text))).not.toThrow()
  })

  test('a schema too large to compile', () => {
    const schema: Json = { anyOf: Array.from({ length: 11_000 }, (_, index) => ({ const: index })) }
    withinMs(1_000, () => expect(problems(schema, 1)?.[0]?.message).toMatch(/more than 20000 values/))
  })

  test('properties called as what every object has', () => {
    const schema: Json = {
      properties: { toString: { type: 'string' } },
      required: ['hasOwnProperty'],
      enum: [{ a: 1 }],
    }
    const payload: unknown = JSON.parse('{"toString":1,"valueOf":2,"__proto__":{"hasOwnProperty":1}}')
    expect(problems(schema, payload)).not.toEqual([])
  })
})

test('formats that nobody knows say nothing', () => {
  expect(problems({ format: 'colour' }, 'x')).toEqual([])
})
