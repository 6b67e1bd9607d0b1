import { describe, expect, test } from 'vitest'
import { openapiFormat } from './openapi.ts'
import { changed, parse, shop as base } from './testing/shop.ts'

describe('a text', () => {
  test('in YAML is the same as in JSON', () => {
    const yaml = parse(base)
    const json = parse(yaml.canonical)
    expect(json.canonical).toBe(yaml.canonical)
    expect(json.normalized()).toBe(yaml.normalized())
    expect(yaml).toMatchObject({ title: 'Shop', doc: 'A shop' })
    const turned = parse(changed(['info: { title: Shop, version: "1"', 'info: { version: "1", title: Shop']))
    expect(turned.canonical).not.toBe(yaml.canonical)
    expect(turned.normalized()).toBe(yaml.normalized())
  })

  test('has fields by operation, and those of its named schemas', () => {
    const fields = new Map(
      parse(base)
        .fields()
        .map((field) => [field.path, field]),
    )
    expect(fields.get('GET /pets query size')).toMatchObject({ type: 'integer', required: false })
    expect(fields.get('GET /pets/{id} path id')).toMatchObject({ type: 'integer', required: true })
    expect(fields.get('POST /pets body application/json.name')).toMatchObject({ type: 'string', required: true })
    expect(fields.get('GET /pets 200 application/json[].id')).toMatchObject({ type: 'integer', doc: 'Its number' })
    expect(fields.has('POST /pets body application/json.id')).toBe(false)
    expect(fields.get('POST /pets 201 header location')).toMatchObject({ required: true })
    expect(fields.get('Pet.name')).toMatchObject({ type: 'string', required: true })
    expect(fields.get('Pet.parent.kind')).toMatchObject({ required: false })
  })

  test('uses what it refers to, and nothing else', () => {
    const own = changed([
      '$ref: "#/components/schemas/Pet" } } } }\n  /ping',
      '$ref: "./shared.yaml#/components/schemas/Money" } } } }\n  /ping',
    ])
    const shared = {
      name: 'shared.yaml',
      text: 'components: { schemas: { Money: { type: object, properties: { unit: { $ref: "#/components/schemas/Unit" } } }, Unit: { type: string } } }',
    }
    const answer = { method: 'GET', path: '/pets/1', status: 200, body: { unit: 1 } }
    expect(
      parse(own, shared)
        .problems(answer)
        ?.map(({ path }) => path),
    ).toEqual(['/body/unit'])
    expect(parse(own, shared).canonical).toContain('./shared.yaml#')
    expect(() => parse(own)).toThrow(/nothing is fetched/)
    const other = { ...shared, text: shared.text.replace('Unit: { type: string }', 'Unit: { type: integer }') }
    expect(openapiFormat.unreadable(parse(own, other), parse(own, shared), 'STRICT').map(({ rule }) => rule)).toEqual([
      'RESPONSE_TYPE_CHANGED',
    ])
  })
})

describe('an exchange', () => {
  const schema = parse(base)
  test.each<[object, string[]]>([
    [{ method: 'get', path: '/pets?x=1', query: { size: '3' }, headers: { 'x-trace': 'a' } }, []],
    [{ method: 'GET', path: '/pets', query: { size: 'x' } }, ['/query/size']],
    [{ method: 'GET', path: '/pets', query: { other: 1 } }, ['/query/other']],
    [{ method: 'GET', path: '/pets/0' }, ['/path']],
    [{ method: 'GET', path: '/pets/12' }, []],
    [{ method: 'PUT', path: '/pets' }, ['/path']],
    [{ method: 'GET', path: '/nothing' }, ['/path']],
    [{ method: 'POST', path: '/pets' }, ['/body']],
    [{ method: 'POST', path: '/pets', body: { name: 'a', kind: 'cow' } }, ['/body/kind']],
    [{ method: 'POST', path: '/pets', contentType: 'text/html', body: '' }, ['/contentType']],
    [{ method: 'POST', path: '/pets', contentType: 'application/json; charset=utf-8', body: { name: 'a' } }, []],
    [{ method: 'POST', path: '/pets', status: 201 }, ['/headers/location']],
    [{ method: 'POST', path: '/pets', status: 503 }, []],
    [{ method: 'POST', path: '/pets', status: 200 }, ['/status']],
    [{ method: 'GET', path: '/ping', body: 1 }, ['/body']],
  ])('%j has problems at %j', (payload, paths) =>
    expect(schema.problems(payload)?.map(({ path }) => path)).toEqual(paths),
  )
  test('that is none is told so', () => {
    for (const payload of [null, 1, [], 'x', {}]) expect(schema.problems(payload)).toHaveLength(1)
  })
})

describe('what is no description is refused with its place', () => {
  const minimal = (rest: string): string => `openapi: 3.1.0\ninfo: { title: a, version: "1" }\n${rest}`
  const schema = (text: string): string => minimal(`components: { schemas: { A: ${text} } }`)
  const bomb = Array.from({ length: 12 }, (_, at) => `x-a${at + 1}: &a${at + 1} [${`*a${at},`.repeat(9)}]`).join('\n')
  test.each<[string, string, RegExp]>([
    ['no YAML', 'a: [', /neither JSON nor YAML/],
    ['no object', '1', /is an object/],
    ['an empty text', '', /object|empty/],
    ['another version', 'openapi: 2.0.0', /\/openapi: "2.0.0" is not known/],
    ['Swagger 2', 'swagger: "2.0"', /\/openapi/],
    ['no info', 'openapi: 3.1.0\npaths: {}', /info/],
    ['an unknown key', minimal('paths: { /a: { get: { parametres: [] } } }'), /\/paths\/~1a\/get/],
    [
      'a remote reference',
      schema('{ $ref: "https://evil.example/a.json" }'),
      /\/components\/schemas\/A\/\$ref: 'https.*nothing is fetched/,
    ],
    ['a file', schema('{ $ref: "file:///etc/passwd" }'), /nothing is fetched/],
    ['a relative file', schema('{ $ref: "../../secret.yaml#/a" }'), /nothing is fetched/],
    ['a reference to nothing', schema('{ $ref: "#/components/schemas/B" }'), /leads to no schema/],
    [
      'a parameter that is not there',
      minimal('paths: { /a: { get: { parameters: [ { $ref: "#/components/parameters/B" } ] } } }'),
      /leads to nothing/,
    ],
    [
      'references in a circle',
      minimal('paths: { /a: { $ref: "#/paths/~1b" }, /b: { $ref: "#/paths/~1a" } }'),
      /leads to nothing/,
    ],
    ['schemas in a circle', schema('{ $ref: "#/components/schemas/A" }'), /back to itself/],
    ['a wrong type', schema('{ type: strin }'), /\/components\/schemas\/A\/type/],
    ['a wrong pattern', schema('{ type: string, pattern: "(" }'), /pattern/],
    ['a dangerous pattern', schema('{ type: string, pattern: "(a)\\\\1" }'), /pattern/],
    ['a schema that is none', schema('1'), /\/components\/schemas\/A/],
    ['names instead of places', schema('{ $dynamicRef: "#a" }'), /not supported/],
    [
      'a parameter that the path lacks',
      minimal('paths: { /a: { get: { parameters: [ { name: id, in: path, required: true, schema: {} } ] } } }'),
      /'id' is not in the path/,
    ],
    ['two paths that are one', minimal('paths: { "/a/{b}": { get: {} }, "/a/{c}": { get: {} } }'), /twice/],
    ['a poisoned key', minimal('x-a: { __proto__: 1 }'), /__proto__/],
    ['a poisoned property', schema('{ properties: { constructor: {} } }'), /constructor/],
    ['deep nesting', `{"a":${'['.repeat(200)}${']'.repeat(200)}}`, /deep/],
    ['deep YAML', `a: ${'['.repeat(20_000)}`, /deep|YAML/],
    ['aliases that multiply', `x-a0: &a0 [1,1,1,1,1,1,1,1,1]\n${bomb}`, /alias|large/],
    ['a large text', `a: ${'x'.repeat(1_100_000)}`, /characters/],
    ['many values', `{"a":[${'1,'.repeat(300_000)}1]}`, /values/],
  ])('%s', (_name, text, message) => {
    expect(() => parse(text)).toThrow(/not valid/)
    expect(() => parse(text)).toThrow(message)
  })
})

test('a value whose required parts multiply is made small, and quickly', () => {
  const names = Array.from({ length: 30 }, (_, at) => `a${at}`)
  const schema = {
    type: 'object',
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { $ref: '#/components/schemas/T' }])),
  }
  const text = (path: string): string =>
    JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'a', version: '1' },
      paths: {
        [path]: {
          post: {
            requestBody: {
              required: true,
              content: { 'application/json': { schema: { $ref: '#/components/schemas/T' } } },
            },
            responses: { 200: { description: 'a' } },
          },
        },
      },
      components: { schemas: { T: schema } },
    })
  const began = process.threadCpuUsage().user / 1_000
  const [found] = openapiFormat.unreadable(parse(text('/b')), parse(text('/a')), 'STRICT')
  expect(found?.rule).toBe('PATH_REMOVED')
  expect(process.threadCpuUsage().user / 1_000 - began).toBeLessThan(2000)
})
