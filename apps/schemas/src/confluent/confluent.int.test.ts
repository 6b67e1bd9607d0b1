import { answer, answers } from '@plinth/bus'
import { decide } from '@plinth/contracts'
import type { RunningService } from '@plinth/service'
import { asIdentity, testIdentity, testKeys, testNats, testPassword, testPostgres, type TestDatabase, type TestNats } from '@plinth/testkit' // prettier-ignore
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schemas } from '../app.ts'
import { loadConfig } from '../config.ts'

type Answer = { status: number; type: string | null; body: unknown }
type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

let database: TestDatabase
let nats: TestNats
let running: RunningService
/** A service account of the project payments. */
let call: Call
/** Domains that nobody may see. */
const hidden = new Set<string>()
const forbidden = new Set<string>()

const as =
  (subject: string): Call =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${running.url}/schema-registry${path}`, {
      method,
      headers: {
        ...asIdentity(testIdentity(subject)),
        'content-type': 'application/vnd.schemaregistry.v1+json',
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type')
    const isRaw = path.split('?')[0]?.endsWith('/schema') === true && response.ok
    return { status: response.status, type, body: text === '' || isRaw ? text : JSON.parse(text) }
  }

beforeAll(async () => {
  ;[database, nats] = await Promise.all([testPostgres(), testNats()])
  const authorization = await nats.bus('authorization')
  await answers(authorization, [
    answer(decide, async ({ questions }) => ({
      revision: 1,
      decisions: questions.map(({ domain, object, action }) => ({
        allowed: !hidden.has(domain) && !forbidden.has(`${action} ${object}`),
        reason: 'no role allows it',
      })),
    })),
  ]).start()
  running = await schemas(
    loadConfig({
      PLINTH_DATABASE_URL: database.url,
      PLINTH_NATS_URL: nats.url,
      PLINTH_NATS_USER: 'schemas',
      PLINTH_NATS_PASSWORD: testPassword,
      PLINTH_PORT: '0',
      PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
      PLINTH_LOG_LEVEL: 'silent',
    }),
  )
  call = as('sa:payments/ledger')
})
afterAll(async () => {
  await running?.close()
  await nats?.close()
  await database?.drop()
})

const record = (name: string, ...fields: object[]): string => JSON.stringify({ type: 'record', name, fields })
const text = { name: 'id', type: 'string' }
const optional = (name: string) => ({ name, type: ['null', 'string'], default: null })
const first = record('Order', text)
const second = record('Order', text, optional('note'))
const breaking = record('Order', text, { name: 'amount', type: 'long' })

const versions = (subject: string): string => `/subjects/${subject}/versions`
const register = (subject: string, schema: string, more: object = {}) =>
  call('POST', versions(subject), { schema, ...more })
const idOf = ({ body }: Answer): number => (body as { id: number }).id

describe('registering', () => {
  test('gives id and version; the same content again both of them, in another subject the same id', async () => {
    const made = await register('order', first)
    expect(made).toMatchObject({
      status: 200,
      type: expect.stringContaining('application/vnd.schemaregistry.v1+json'),
      body: { version: 1 },
    })
    expect((await register('order', JSON.stringify(JSON.parse(first), null, 2))).body).toEqual(made.body)
    expect((await register('order', second)).body).toMatchObject({ version: 2 })
    expect(idOf(await register('other-order', first))).toBe(idOf(made))
  })
  test('answers 40901 for what breaks readers, with reasons, and keeps nothing', async () => {
    await register('broken', first)
    const refused = await register('broken', breaking)
    expect(refused).toMatchObject({ status: 409, body: { error_code: 40901 } })
    expect(JSON.stringify(refused.body)).toContain('READER_FIELD_MISSING_DEFAULT_VALUE')
    expect((await call('GET', versions('broken'))).body).toEqual([1])
  })
})
