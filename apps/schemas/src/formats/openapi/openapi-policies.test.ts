import { describe, expect, test } from 'vitest'
import { changed, reasons, shop as base, type Change } from './testing/shop.ts'
import type { Policy } from '../format.ts'

describe('a server serves clients of another version', () => {
  test.each<[string, ...Change[]]>([
    ['with the same description'],
    ['with a new operation', ['/ping: {', '/ping: { put: { responses: { 204: { description: ok } } },']],
    [
      'with a new optional parameter',
      ['name: size, in: query', 'name: fresh, in: query, schema: {} }\n        - { name: size, in: query'],
    ],
    ['with a new optional property', ['kind: {', 'fresh: { type: string }\n        kind: {']],
    ['with a property that is not there any more', ['        kind: { type: string, enum: [cat, dog] }\n', '']],
    [
      'with another name of a parameter in the path',
      ['/pets/{id}:', '/pets/{pet}:'],
      ['name: id, in: path', 'name: pet, in: path'],
    ],
    ['with another version', ['version: "1"', 'version: "2"']],
    ['with one more way to be let in', ['security: [ { key: [] } ]', 'security: [ { key: [] }, { login: [] } ]']],
    ['with nothing asked for', ['security: [ { key: [] } ]', 'security: []']],
    ['with a body that need not be sent', ['Pet: { required: true', 'Pet: { required: false']],
    ['with one more media type', ['application/xml: {}', 'application/xml: {}, text/plain: {}']],
    ['with a header that is always there', ['X-Trace, in: header', 'X-Trace, required: false, in: header']],
    ['with a wildcard for its media types', ['application/xml: {}', '"application/*": {}']],
    ['with a success that a range tells', ['201: { description: made, headers', '2XX: { description: made, headers']],
  ])('%s', (_name, ...changes) => expect(reasons(changed(...changes), base)).toEqual([]))

  test('written in 3.1 where it was in 3.0', () => {
    const now = changed(
      ['openapi: 3.0.3', 'openapi: 3.1.0'],
      [
        'type: number, nullable: true, minimum: 0, exclusiveMinimum: true',
        'type: [number, "null"], exclusiveMinimum: 0',
      ],
    )
    expect(reasons(now, base)).toEqual([])
    expect(reasons(base, now)).toEqual([])
    expect(reasons(now.replace('exclusiveMinimum: 0', 'exclusiveMinimum: 5'), base).map(({ rule }) => rule)).toContain(
      'REQUEST_EXCLUSIVE_MINIMUM_INCREASED',
    )
  })
})

describe('policies', () => {
  const rules = (policy: Policy, ...changes: Change[]): string[] =>
    reasons(changed(...changes), base, policy).map(({ rule }) => rule)
  test('LENIENT lets be sent what is not read', () => {
    const gone: Change = ['        - { name: size, in: query, schema: { type: integer } }\n', '']
    expect(rules('STRICT', gone)).toEqual(['PARAMETER_REMOVED'])
    expect(rules('LENIENT', gone)).toEqual([])
    const close: Change = ['required: [name]', 'additionalProperties: false\n      required: [name]']
    expect(rules('STRICT', close)).toContain('REQUEST_ADDITIONAL_PROPERTIES_REMOVED')
    expect(rules('LENIENT', close)).toEqual([])
  })
  test.each<[string, Change]>([
    ['OPERATION_ID_CHANGED', ['listPets', 'allPets']],
    ['RESPONSE_REMOVED', ['        404: { description: none }\n', '']],
    ['RESPONSE_ADDED', ['404: {', '403: { description: no }\n        404: {']],
  ])('EXACT tells %s', (rule, change) => {
    expect(rules('STRICT', change)).toEqual([])
    expect(rules('EXACT', change)).toEqual([rule])
  })
})

describe('what has another name on the other side is compared all the same', () => {
  test('a status and the range that it is in', () => {
    const now = changed(
      [
        '200: { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } }\n  /ping',
        '2XX: { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } }\n  /ping',
      ],
      ['maxLength: 10', 'maxLength: 20'],
    )
    const found = reasons(now, base).filter(({ path }) => path.includes('/2XX/'))
    expect(found.map(({ rule }) => rule)).toEqual(['RESPONSE_MAX_LENGTH_DECREASED'])
    expect(JSON.parse(found[0]?.example?.payload ?? '')).toMatchObject({ path: '/pets/1', status: 200 })
  })
  test('a media type and the wildcard that it falls under', () => {
    const now = changed(
      [
        'application/json: { schema: { $ref: "#/components/schemas/Pet" } }, application/xml: {}',
        '"application/*": { schema: { $ref: "#/components/schemas/Pet" } }',
      ],
      ['maxLength: 10', 'maxLength: 5'],
    )
    const found = reasons(now, base).find(({ path }) => path.includes('/application~1*/'))
    expect(found?.rule).toBe('REQUEST_MAX_LENGTH_DECREASED')
    expect(JSON.parse(found?.example?.payload ?? '')).toMatchObject({ method: 'POST', contentType: 'application/json' })
  })
})

test('an answer is shown without the body of its request', () => {
  const found = reasons(changed(['201: { description: made', '202: { description: made']), base).find(
    ({ rule }) => rule === 'RESPONSE_REMOVED',
  )
  expect(JSON.parse(found?.example?.payload ?? '{}')).toEqual({
    method: 'POST',
    path: '/pets',
    status: 201,
    headers: { location: expect.any(String) as string },
  })
})
