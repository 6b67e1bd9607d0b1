import { answer, answers } from '@plinth/bus'
import { decide } from '@plinth/contracts'
import type { RunningService } from '@plinth/service'
import { asIdentity, testIdentity, testKeys, testNats, testPassword, testPostgres, type TestNats } from '@plinth/testkit' // prettier-ignore
import { expect } from 'vitest'
import { schemas } from '../app.ts'
import { loadConfig } from '../config.ts'

export type Answer = { status: number; type: string | null; body: unknown }
export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

/** The service, asked as the gateway forwards it, and authorization, which allows all but what is named here. */
export type Stand = {
  running: RunningService
  nats: TestNats
  as(subject: string): Call
  /** A service account of the project payments. */
  call: Call
  register(subject: string, schema: string, more?: object): Promise<Answer>
  /** Domains that nobody may see, and `<action> <object>` that nobody may do. */
  hidden: Set<string>
  forbidden: Set<string>
  close(): Promise<void>
}

async function startService(natsUrl: string, databaseUrl: string): Promise<RunningService> {
  return schemas(
    loadConfig({
      PLINTH_DATABASE_URL: databaseUrl,
      PLINTH_NATS_URL: natsUrl,
      PLINTH_NATS_USER: 'schemas',
      PLINTH_NATS_PASSWORD: testPassword,
      PLINTH_PORT: '0',
      PLINTH_IDENTITY_PUBLIC_KEY: testKeys.publicKey,
      PLINTH_LOG_LEVEL: 'silent',
    }),
  )
}

const caller =
  (url: string) =>
  (subject: string): Call =>
  async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}/schema-registry${path}`, {
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

export async function openStand(): Promise<Stand> {
  const [database, nats] = await Promise.all([testPostgres(), testNats()])
  const hidden = new Set<string>()
  const forbidden = new Set<string>()
  await answers(await nats.bus('authorization'), [
    answer(decide, async ({ questions }) => ({
      revision: 1,
      decisions: questions.map(({ domain, object, action }) => ({
        allowed: !hidden.has(domain) && !forbidden.has(`${action} ${object}`),
        reason: 'no role allows it',
      })),
    })),
  ]).start()
  const running = await startService(nats.url, database.url)
  const as = caller(running.url)
  const call = as('sa:payments/ledger')
  return {
    running,
    nats,
    as,
    call,
    hidden,
    forbidden,
    register: (subject, schema, more = {}) => call('POST', versions(subject), { schema, ...more }),
    async close() {
      await running.close()
      await nats.close()
      await database.drop()
    },
  }
}

export const record = (name: string, ...fields: object[]): string => JSON.stringify({ type: 'record', name, fields })
export const text = { name: 'id', type: 'string' }
export const optional = (name: string) => ({ name, type: ['null', 'string'], default: null })
export const first = record('Order', text)
export const second = record('Order', text, optional('note'))
export const breaking = record('Order', text, { name: 'amount', type: 'long' })

export const versions = (subject: string): string => `/subjects/${subject}/versions`
export const idOf = ({ body }: Answer): number => (body as { id: number }).id

export const error = (status: number, code: number) => ({
  status,
  body: { error_code: code, message: expect.any(String) },
})
export const ok = (body: unknown) => ({ status: 200, body })
