import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { readForeign } from './foreign-registry.ts'

let server: Server | undefined
afterEach(() => server?.close())

type Answer = { status?: number; body: unknown }
type Answers = (path: string, query: URLSearchParams) => Answer | undefined

/** A registry of another make, which answers what the test says. */
async function registry(answers: Answers): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    asked.push(decodeURIComponent(url.pathname))
    const { status = 200, body } = answers(decodeURIComponent(url.pathname), url.searchParams) ?? { status: 404, body: { error_code: 404, message: 'HTTP 404 Not Found' } } // prettier-ignore
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked }
}
const read = (url: string, context?: string) =>
  readForeign({ url, onProgress: () => undefined, ...(context !== undefined && { context }) })

const versions = [
  { subject: 'money', version: 1, id: 1, schema: '"int"' },
  { subject: 'orders', version: 1, id: 2, schema: '"long"', schemaType: 'AVRO', references: [{ name: 'm', subject: 'money', version: 1 }] },
  { subject: 'orders', version: 2, id: 3, schema: '{}', schemaType: 'JSON' },
] // prettier-ignore
const isDeleted = ({ id }: { id: number }): boolean => id === 2
const seen = (query: URLSearchParams) =>
  query.get('deleted') === 'true' ? versions : versions.filter((one) => !isDeleted(one))
const all = [
  { subject: 'money', version: 1, id: 1, type: 'AVRO', schema: '"int"' },
  { subject: 'orders', version: 1, id: 2, type: 'AVRO', schema: '"long"', references: [{ name: 'm', subject: 'money', version: 1 }], deleted: true },
  { subject: 'orders', version: 2, id: 3, type: 'JSON', schema: '{}' },
] // prettier-ignore

describe('a foreign registry is read', () => {
  test('by its listing, page by page', async () => {
    const { url, asked } = await registry((path, query) => {
      const offset = Number(query.get('offset'))
      if (path === '/schemas') return { body: seen(query).slice(offset, offset + 2) }
      if (path === '/config') return { body: { compatibilityLevel: 'BACKWARD' } }
      if (path === '/config/orders') return { body: { compatibilityLevel: 'FULL', normalize: true, unknown: 1 } }
      return undefined
    })
    const found = await read(url)
    expect(found.versions).toEqual(all)
    expect(found.settings).toEqual([{ subject: 'orders', settings: { compatibilityLevel: 'FULL', normalize: true } }])
    expect(asked.filter((path) => path === '/schemas').length).toBe(5)
  })

  test('that gives everything on every page', async () => {
    const { url } = await registry((path, query) => (path === '/schemas' ? { body: seen(query) } : undefined))
    expect((await read(url)).versions).toEqual(all)
  })

  test('that has no such listing, subject by subject', async () => {
    const { url } = await registry((path, query) => {
      if (path === '/subjects') return { body: [...new Set(seen(query).map(({ subject }) => subject))] }
      const [, subject, version] = /^\/subjects\/([^/]+)\/versions(?:\/(\d+))?$/.exec(path) ?? []
      if (subject === undefined) return undefined
      const ours = seen(query).filter((one) => one.subject === subject)
      if (version === undefined) return { body: ours.map((one) => one.version) }
      const one = ours.find((each) => each.version === Number(version))
      return one && { body: one }
    })
    const found = await read(url)
    expect(found.versions.toSorted((a, b) => a.id - b.id)).toEqual(all)
  })

  test('in one of its contexts, whose own references lose its name', async () => {
    const named = [
      { subject: ':.eu:money', version: 1, id: 1, schema: '"int"' },
      { subject: ':.eu:orders', version: 1, id: 2, schema: '"int"', references: [{ name: 'm', subject: ':.eu:money', version: 1 }, { name: 'u', subject: ':.us:money', version: 1 }] },
      { subject: ':.us:money', version: 1, id: 1, schema: '"long"' },
    ] // prettier-ignore
    const { url } = await registry((path) => (path === '/schemas' ? { body: named } : undefined))
    await expect(read(url)).rejects.toThrow("name one with --context: '.eu', '.us'")
    await expect(read(url, 'asia')).rejects.toThrow("no context 'asia'")
    expect((await read(url, '.eu')).versions).toMatchObject([
      { subject: 'money' },
      { subject: 'orders', references: [{ subject: 'money' }, { subject: ':.us:money' }] },
    ])
  })

  test('with what cannot be taken over told apart', async () => {
    const strange = [{ subject: 'x', version: 1, id: 5, schema: '<xsd/>', schemaType: 'XML' }]
    const { url } = await registry((path) => (path === '/schemas' ? { body: strange } : undefined))
    const found = await read(url)
    expect(found).toMatchObject({ versions: [], problems: [{ subject: 'x', version: 1, problem: 'is of the type XML, which is not known here' }] }) // prettier-ignore
  })

  test('again where it is not there for a moment, and no further where it refuses', async () => {
    let failures = 1
    const { url } = await registry((path, query) => {
      if (path === '/schemas' && failures-- > 0) return { status: 503, body: {} }
      return path === '/schemas' ? { body: seen(query) } : undefined
    })
    expect((await read(url)).versions).toHaveLength(3)
    server?.close()
    const closed = await registry(() => ({ status: 401, body: { error_code: 40101, message: 'Unauthorized' } }))
    await expect(read(closed.url)).rejects.toThrow('answers 401; set PLINTH_FROM_TOKEN')
  })
})
