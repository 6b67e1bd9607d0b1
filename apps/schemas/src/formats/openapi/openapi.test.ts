import { describe, expect, test } from 'vitest'
import { changed, parse, reasons, shop as base, type Change } from './testing/shop.ts'

const list = '/paths/~1pets/get'
const make = '/paths/~1pets/post'
const one = '/paths/~1pets~1{id}/get'
const body = '/components/requestBodies/Pet'

describe('a server does not serve clients of another version, and says why', () => {
  test.each<[string, string, string, Change, object | undefined, 'reader' | 'writer']>([
    [
      'PATH_REMOVED',
      '/paths',
      '/paths/~1ping/get',
      ['/ping: {', '/pong: {'],
      { method: 'GET', path: '/ping' },
      'writer',
    ],
    [
      'OPERATION_REMOVED',
      '/paths/~1ping',
      '/paths/~1ping/get',
      ['/ping: { get', '/ping: { put'],
      { method: 'GET', path: '/ping' },
      'writer',
    ],
    [
      'REQUIRED_PARAMETER_ADDED',
      `${list}/parameters/0`,
      list,
      [
        'name: size, in: query',
        'name: new, required: true, in: query, schema: {} }\n        - { name: size, in: query',
      ],
      { method: 'GET', path: '/pets' },
      'writer',
    ],
    [
      'PARAMETER_BECAME_REQUIRED',
      `${list}/parameters/0`,
      '',
      ['name: size', 'required: true, name: size'],
      { method: 'GET', path: '/pets' },
      'writer',
    ],
    [
      'PARAMETER_BECAME_REQUIRED',
      '/components/parameters/Trace',
      '',
      ['name: X-Trace', 'required: true, name: X-Trace'],
      { method: 'GET', path: '/pets' },
      'writer',
    ],
    [
      'PARAMETER_REMOVED',
      list,
      `${list}/parameters/0`,
      ['        - { name: size, in: query, schema: { type: integer } }\n', ''],
      { method: 'GET', path: '/pets', query: { size: 0 } },
      'writer',
    ],
    [
      'PARAMETER_WRITING_CHANGED',
      `${list}/parameters/0`,
      '',
      ['in: query', 'style: pipeDelimited, in: query'],
      undefined,
      'writer',
    ],
    [
      'REQUIRED_BODY_ADDED',
      '/paths/~1ping/get/requestBody',
      '/paths/~1ping/get',
      ['/ping: { get: {', '/ping: { get: { requestBody: { required: true, content: { application/json: {} } },'],
      { method: 'GET', path: '/ping' },
      'writer',
    ],
    [
      'BODY_BECAME_REQUIRED',
      '/paths/~1pets/patch/requestBody',
      '',
      ['requestBody: { content', 'requestBody: { required: true, content'],
      { method: 'PATCH', path: '/pets' },
      'writer',
    ],
    [
      'BODY_REMOVED',
      '/paths/~1pets/patch',
      '/paths/~1pets/patch/requestBody',
      ['      requestBody: { content: { application/json: { schema: { type: object } } } }\n', ''],
      { method: 'PATCH', path: '/pets', contentType: 'application/json' },
      'writer',
    ],
    [
      'REQUEST_MEDIA_TYPE_REMOVED',
      `${body}/content`,
      `${body}/content/application~1xml`,
      [', application/xml: {}', ''],
      { method: 'POST', path: '/pets', contentType: 'application/xml', body: 'x' },
      'writer',
    ],
    [
      'RESPONSE_REMOVED',
      '/paths/~1ping/get/responses',
      '/paths/~1ping/get/responses/204',
      ['{ 204:', '{ 200:'],
      { method: 'GET', path: '/ping', status: 204 },
      'writer',
    ],
    [
      'RESPONSE_MEDIA_TYPE_REMOVED',
      `${list}/responses/200/content`,
      `${list}/responses/200/content/text~1csv`,
      [', text/csv: { schema: { type: string } }', ''],
      undefined,
      'writer',
    ],
    [
      'RESPONSE_HEADER_REMOVED',
      `${make}/responses/201`,
      `${make}/responses/201/headers/Location`,
      [', headers: { Location: { required: true, schema: { type: string } } }', ''],
      undefined,
      'reader',
    ],
    [
      'RESPONSE_HEADER_BECAME_OPTIONAL',
      `${make}/responses/201/headers/Location`,
      '',
      ['Location: { required: true', 'Location: { required: false'],
      undefined,
      'reader',
    ],
    ['ACCESS_NARROWED', `${list}/security`, '', ['{ login: [read] }', '{ login: [read, write] }'], undefined, 'writer'],
    [
      'SECURITY_SCHEME_CHANGED',
      '/components/securitySchemes/key',
      '',
      ['name: X-Key', 'name: X-Other'],
      undefined,
      'writer',
    ],
    [
      'REQUEST_MINIMUM_INCREASED',
      `${one}/parameters/0/schema/minimum`,
      '',
      ['minimum: 1 ', 'minimum: 5 '],
      { method: 'GET', path: '/pets/1' },
      'writer',
    ],
    [
      'REQUEST_MAX_LENGTH_DECREASED',
      `${body}/content/application~1json/schema/properties/name/maxLength`,
      '',
      ['maxLength: 10', 'maxLength: 5'],
      { method: 'POST', path: '/pets', contentType: 'application/json' },
      'writer',
    ],
    [
      'RESPONSE_MAX_LENGTH_DECREASED',
      `${one}/responses/200/content/application~1json/schema/properties/name/maxLength`,
      '',
      ['maxLength: 10', 'maxLength: 20'],
      {
        method: 'GET',
        path: '/pets/1',
        status: 200,
        contentType: 'application/json',
      },
      'reader',
    ],
    [
      'REQUEST_REQUIRED_ATTRIBUTE_ADDED',
      `${body}/content/application~1json/schema/required/kind`,
      '',
      ['required: [name]', 'required: [name, kind]'],
      { method: 'POST', path: '/pets', contentType: 'application/json' },
      'writer',
    ],
    [
      'RESPONSE_REQUIRED_ATTRIBUTE_ADDED',
      `${one}/responses/200/content/application~1json/schema/required/name`,
      '',
      ['required: [name]', 'maxProperties: 20'],
      { method: 'GET', path: '/pets/1', status: 200, contentType: 'application/json' },
      'reader',
    ],
    [
      'RESPONSE_TYPE_CHANGED',
      `${one}/responses/200/content/application~1json/schema/properties/id`,
      '',
      ['id: { type: integer', 'id: { type: string'],
      { method: 'GET', path: '/pets/1', status: 200, contentType: 'application/json' },
      'reader',
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

  test('what only the server writes does not bind clients, and the other way round', () => {
    const rules = (change: Change): string[] => reasons(changed(change), base).map(({ rule }) => rule)
    expect(new Set(rules(['id: { type: integer', 'id: { type: string']).map((rule) => rule.split('_')[0]))).toEqual(
      new Set(['RESPONSE']),
    )
    expect(
      new Set(rules(['secret: { type: string', 'secret: { type: integer']).map((rule) => rule.split('_')[0])),
    ).toEqual(new Set(['REQUEST']))
  })

  test('webhooks go the other way', () => {
    const hook = (schema: string): string => `
openapi: 3.1.0
info: { title: Shop, version: "1" }
webhooks:
  made:
    post:
      requestBody: { required: true, content: { application/json: { schema: ${schema} } } }
      responses: { 200: { description: ok } }
`
    const wide = '{ type: object, properties: { a: { type: [string, integer] } } }'
    const narrow = '{ type: object, properties: { a: { type: string } } }'
    expect(reasons(hook(narrow), hook(wide))).toEqual([])
    expect(reasons(hook(wide), hook(narrow)).map(({ rule, example }) => [rule, example?.validUnder])).toEqual([
      [expect.stringMatching(/^WEBHOOK_TYPE_/), 'reader'],
    ])
    expect(reasons(hook(wide).replace('made:', 'sold:'), hook(wide)).map(({ rule }) => rule)).toEqual([
      'WEBHOOK_REMOVED',
    ])
    expect(
      parse(hook(narrow))
        .problems({ webhook: 'made', method: 'POST', body: { a: 1 } })
        ?.map(({ path }) => path),
    ).toEqual(['/body/a'])
  })
})
