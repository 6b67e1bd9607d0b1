import type { Bus } from '@plinth/bus'
import { systemClock } from '@plinth/kernel'
import { createSealing } from '@plinth/kernel/sealing'
import { rows, sql, type QueueContext, type Store } from '@plinth/store'
import { closeTestBus, quietLogger, testBus, testIdentity, testStore, type TestStore } from '@plinth/testkit'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { migrations } from '../app.ts'
import { reconcileComponent } from '../components/reconcile.ts'
import { componentQueueKey, createComponent, deleteComponent } from '../components/usecases.ts'
import type { Driver } from '../drivers/driver.ts'
import { localRuntime } from '../drivers/local-runtime.ts'
import { postgresDriver, type PostgresDriver } from '../drivers/postgres.ts'
import { routeDriver } from '../drivers/route.ts'
import type { Parts } from '../parts.ts'
import { createProject } from '../projects/usecases.ts'
import { loadTemplates } from '../scaffolding/load.ts'
import { createHouse, type House } from '../test-support/house.ts'
import { desired } from '../test-support/score.ts'
import { scoreText } from '../test-support/score.ts'
import { secretKey, testAdminRole } from '../test-support/stand.ts'
import { setWorkload } from './desired.ts'
import { reconcileWorkload } from './reconcile.ts'

class Death extends Error {}

/** These parts die after their n-th effect: it happened, nobody learns of it, and nothing follows. */
function mortal(parts: Parts, diesAfter: number): { parts: Parts; hasDied(): boolean } {
  let effects = 0
  let dead = false
  const until = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw new Death()
    const result = await work()
    if (++effects < diesAfter) return result
    dead = true
    throw new Death()
  }
  const drivers = [...parts.drivers].map(([kind, driver]): [string, Driver] => [
    kind,
    {
      ...driver,
      apply: (...given) => until(() => driver.apply(...given)),
      remove: (name) => until(() => driver.remove(name)),
    },
  ])
  const { store, bus, runtime } = parts
  return {
    hasDied: () => dead,
    parts: {
      ...parts,
      store: { db: store.db, transaction: (work) => until(() => store.transaction(work)) },
      bus: { ask: (spec, request, options) => until(() => bus.ask(spec, request, options)) },
      runtime: {
        host: (wish) => until(() => runtime.host(wish)),
        observe: (name) => until(() => runtime.observe(name)),
        remove: (name) => until(() => runtime.remove(name)),
      },
      drivers: new Map(drivers),
    },
  }
}

const context = (): QueueContext => ({ attempt: 1, signal: new AbortController().signal, fence: async () => undefined })

describe('killed after any one of its effects', () => {
  let database: TestStore
  let store: Store
  let house: House
  let parts: Parts
  let postgres: PostgresDriver
  let admin: Awaited<ReturnType<typeof testAdminRole>>

  beforeAll(async () => {
    database = await testStore({ migrations })
    store = database.store
    admin = await testAdminRole(database.url)
    const bus: Bus = await testBus()
    house = createHouse(bus)
    await house.worker.start()
    postgres = postgresDriver(admin.url)
    const drivers: Driver[] = [postgres, routeDriver(8081)]
    parts = {
      store, bus, clock: systemClock, logger: quietLogger, sealing: createSealing(secretKey), runtime: localRuntime(bus, 'local'), publicUrl: 'http://localhost:8080',
      templates: await loadTemplates(new URL('../../templates/', import.meta.url).pathname), drivers: new Map(drivers.map((driver) => [driver.kind, driver])),
    } // prettier-ignore
    await createProject(parts)(testIdentity(), { name: 'payments' })
  })
  afterAll(async () => {
    await postgres.close()
    await house.worker.stop()
    await closeTestBus()
    await database.close()
    await admin.drop()
  })

  /** Runs until there is nothing left to do, each run as a new process would. */
  const settle = async (run: (context: QueueContext) => Promise<'done' | { againInMs: number }>): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) {
      const outcome = await run(context())
      if (outcome === 'done' || outcome.againInMs >= 10_000) return
    }
    throw new Error('it does not come to rest')
  }
  const component = (given: Parts, name: string) =>
    settle((each) => reconcileComponent(given)(componentQueueKey({ project: 'payments', component: name }), each))
  const workload = (given: Parts, name: string) =>
    settle((each) => reconcileWorkload(given)(`payments/development/${name}`, each))

  const survive = async (work: (given: Parts) => Promise<void>, diesAfter: number): Promise<boolean> => {
    const { parts: doomed, hasDied } = mortal(parts, diesAfter)
    await work(doomed).catch((error: unknown) => {
      if (!(error instanceof Death)) throw error
    })
    if (hasDied()) await work(parts)
    return hasDied()
  }
  const events = async (type: string, name: string): Promise<number> => {
    const [found] = await rows<{ count: number }>(
      store.db,
      sql`select count(*)::int as count from plinth_outbox where body::jsonb ->> 'type' = ${type} and body::jsonb -> 'data' ->> 'component' = ${name}`,
    )
    return found?.count ?? 0
  }
  const databasesOf = (name: string) =>
    admin.query<{ name: string }>(
      `select datname as name from pg_database where datname like $1 union all select rolname from pg_roles where rolname like $1`,
      [`w\\_payments\\_development\\_${name}\\_%`],
    )

  it(
    'a component is made once, runs once, and leaves nothing behind when it is deleted',
    { timeout: 120_000 },
    async () => {
      const limit = { create: Infinity, run: Infinity, remove: Infinity }
      for (let k = 1; k <= Math.max(...Object.values(limit).map((value) => (value === Infinity ? 40 : value))); k++) {
        const name = `ledger${k}`
        const hosted = `payments.development.${name}`
        await createComponent(parts)(testIdentity(), 'payments', { name, template: 'node-service' })
        if (!(await survive((given) => component(given, name), k))) limit.create = Math.min(limit.create, k)
        expect(await events('dev.plinth.provisioning.component.created.v1', name), `step ${k}`).toBe(1)
        expect(house.repositories.has(`payments/${name}`)).toBe(true)

        await setWorkload(parts)(
          desired({ workload: name, component: name, deployment: `dep_${k}`, score: scoreText({ name }) }),
        )
        if (!(await survive((given) => workload(given, name), k))) limit.run = Math.min(limit.run, k)
        const wish = house.hosted.get(hosted)?.wish
        const {
          PGHOST: host,
          PGPORT: port,
          PGUSER: user,
          PGPASSWORD: password,
          PGDATABASE: its,
        } = wish?.environmentVariables ?? {}
        const client = new Client({ host, port: Number(port), user, password, database: its })
        await client.connect()
        await client.end()
        expect((await databasesOf(name)).length, `step ${k}`).toBe(2)
        expect(wish?.telemetryToken, `step ${k}`).toBe(`plt_workload:dep_${k}`)
        expect(house.recorded.at(-1)).toMatchObject({ component: name, deployment: `dep_${k}`, removed: false })

        await deleteComponent(parts)(testIdentity(), { project: 'payments', component: name })
        const removal = async (given: Parts) => {
          await workload(given, name)
          await component(given, name)
        }
        if (!(await survive(removal, k))) limit.remove = Math.min(limit.remove, k)
        expect(await databasesOf(name), `step ${k}`).toEqual([])
        expect(house.hosted.has(hosted)).toBe(false)
        expect(house.tokens.has(`workload:dep_${k}`)).toBe(false)
        expect(house.repositories.has(`payments/${name}`)).toBe(false)
        expect(await events('dev.plinth.provisioning.component.deleted.v1', name), `step ${k}`).toBe(1)
      }
      // Every effect had its turn: the last rounds were not cut off any more.
      expect(Object.values(limit).every(Number.isFinite), JSON.stringify(limit)).toBe(true)
      expect(
        await rows(
          store.db,
          sql`select 1 from resources union all select 1 from workloads union all select 1 from components`,
        ),
      ).toEqual([])
    },
  )
})
