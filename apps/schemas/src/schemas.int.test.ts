import { checkGate, contracts, recordDeployed } from '@plinth/contracts'
import { clientOf, type Client } from '@plinth/client'
import {
  asIdentity,
  testKeys,
  testNats,
  testPassword,
  testPostgres,
  type TestDatabase,
  type TestNats,
} from '@plinth/testkit'
import type { RunningService } from '@plinth/service'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schemas } from './app.ts'
import { loadConfig } from './config.ts'

const project = 'payments'
const closed = (properties: object, required: string[] = []): string =>
  JSON.stringify({ type: 'object', properties, required, additionalProperties: false })
const first = closed({ id: { type: 'string' }, amount: { type: 'integer' } }, ['id', 'amount'])
const wider = closed({ id: { type: 'string' }, amount: { type: 'integer' }, note: { type: 'string' } }, [
  'id',
  'amount',
])
const breaking = closed({ id: { type: 'string' } }, ['id'])

let database: TestDatabase
let nats: TestNats
let running: RunningService
let api: Client<typeof contracts.schemas.routes>

beforeAll(async () => {
  ;[database, nats] = await Promise.all([testPostgres(), testNats()])
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
  api = clientOf(contracts.schemas.routes, { baseUrl: running.url, headers: () => asIdentity('user:ana') })
})
afterAll(async () => {
  await running.close()
  await nats.close()
  await database.drop()
})

const register = (subject: string, schema: string, type: 'JSON' | 'AVRO' = 'JSON') =>
  api.registerVersion({ params: { project, subject }, body: { type, schema } })

describe('the registry', () => {
  test('gives versions in order, and the same schema the version that it has', async () => {
    expect((await register('order', first)).version).toBe(1)
    expect((await register('order', wider)).version).toBe(2)
    expect((await register('order', JSON.stringify(JSON.parse(first), null, 4))).version).toBe(1)
    const { items } = await api.listVersions({ params: { project, subject: 'order' } })
    expect(items.map(({ version }) => version)).toEqual([2, 1])
    expect((await api.getVersion({ params: { project, subject: 'order', version: 'latest' } })).version).toBe(2)
  })

  test('gives one schema the same id in every subject', async () => {
    const [a, b] = [await register('id-a', first), await register('id-b', first)]
    expect(a.id).toBe(b.id)
  })

  test('refuses a schema that breaks readers, with every place, and writes nothing', async () => {
    await register('refused', first)
    await expect(register('refused', breaking)).rejects.toMatchObject({
      status: 409,
      code: 'schemas.incompatible',
      errors: [{ path: '/properties/amount' }],
    })
    expect((await api.listVersions({ params: { project, subject: 'refused' } })).items).toHaveLength(1)
    const verdict = await api.checkCompatibility({
      params: { project, subject: 'refused' },
      body: { type: 'JSON', schema: breaking },
    })
    expect(verdict).toMatchObject({ compatible: false, against: 1 })
  })

  test('takes it where the compatibility is NONE', async () => {
    await register('loose', first)
    await api.setCompatibility({ params: { project, subject: 'loose' }, body: { compatibility: 'NONE' } })
    expect((await register('loose', breaking)).version).toBe(2)
  })

  test('never gives a version twice under twenty registrations at once', async () => {
    await register('busy', first)
    await api.setCompatibility({ params: { project, subject: 'busy' }, body: { compatibility: 'NONE' } })
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, index) => register('busy', closed({ [`p${index}`]: { type: 'string' } }))),
    )
    expect(new Set(made.map(({ version }) => version)).size).toBe(20)
    expect(new Set(made.map(({ id }) => id)).size).toBe(20)
  })

  test.each([
    ['no JSON', 'JSON', '{'],
    ['no schema', 'JSON', '{"type":5}'],
    ['a foreign reference', 'JSON', '{"$ref":"http://127.0.0.1/"}'],
    ['no Avro', 'AVRO', '{"type":"nonsense"}'],
  ] as const)('answers 422 for %s, with the place', async (_name, type, schema) => {
    await expect(register('bad', schema, type)).rejects.toMatchObject({ status: 422, code: 'schemas.schema_invalid' })
  })

  test('answers 404 for what is not there, and 400 for a name that is none', async () => {
    await expect(api.listVersions({ params: { project, subject: 'none' } })).rejects.toMatchObject({
      status: 404,
      code: 'schemas.subject_unknown',
    })
    await expect(api.getVersion({ params: { project, subject: 'order', version: '99' } })).rejects.toMatchObject({
      status: 404,
      code: 'schemas.version_unknown',
    })
    await expect(api.listVersions({ params: { project, subject: '../x' } })).rejects.toMatchObject({ status: 400 })
    await expect(
      api.setCompatibility({ params: { project: 'other', subject: 'order' }, body: { compatibility: 'NONE' } }),
    ).rejects.toMatchObject({ status: 404 })
  })
})

describe('the deployment gate', () => {
  const environment = 'development'

  test('refuses a producer that a deployed consumer could not read, naming subject, version, path and consumer', async () => {
    const bus = await nats.bus('provisioning')
    await register('paid', first)
    await api.setCompatibility({ params: { project, subject: 'paid' }, body: { compatibility: 'NONE' } })
    await register('paid', breaking)
    const reports = {
      project: 'reports',
      environment,
      component: 'monthly',
      deployment: 'dep_1',
      produces: [],
      consumes: [{ subject: `${project}/paid`, version: 1 }],
      removed: false,
    }
    await bus.ask(recordDeployed, reports)
    const ledger = { project, environment, component: 'ledger', consumes: [] }
    const refused = await bus.ask(checkGate, { ...ledger, produces: [{ subject: 'paid', version: 2 }] })
    expect(refused).toMatchObject({
      allowed: false,
      reasons: [{ subject: `${project}/paid`, version: 2, consumers: ['reports/monthly'] }],
    })
    expect(refused.reasons[0]?.message).toMatch(/amount/)
    expect(await bus.ask(checkGate, { ...ledger, produces: [{ subject: 'paid', version: 1 }] })).toEqual({
      allowed: true,
      reasons: [],
    })
    expect(
      (await bus.ask(checkGate, { ...ledger, environment: 'staging', produces: [{ subject: 'paid', version: 2 }] }))
        .allowed,
    ).toBe(true)
    await bus.ask(recordDeployed, { ...reports, removed: true })
    expect((await bus.ask(checkGate, { ...ledger, produces: [{ subject: 'paid', version: 2 }] })).allowed).toBe(true)
  })

  test('refuses a consumer that could not read what is produced there', async () => {
    const bus = await nats.bus('provisioning')
    await register('shipped', first)
    await api.setCompatibility({ params: { project, subject: 'shipped' }, body: { compatibility: 'NONE' } })
    await register('shipped', breaking)
    await bus.ask(recordDeployed, {
      project,
      environment,
      component: 'shop',
      deployment: 'dep_2',
      produces: [{ subject: 'shipped', version: 2 }],
      consumes: [],
      removed: false,
    })
    const verdict = await api.checkDeployment({
      params: { project, environment },
      body: { component: 'mail', produces: [], consumes: [{ subject: 'shipped', version: 1 }] },
    })
    expect(verdict.allowed).toBe(false)
  })

  test('refuses a version that was never registered', async () => {
    const verdict = await api.checkDeployment({
      params: { project, environment },
      body: { component: 'mail', produces: [{ subject: 'ghost', version: 1 }], consumes: [] },
    })
    expect(verdict.reasons[0]?.message).toMatch(/no version 1/)
  })
})
