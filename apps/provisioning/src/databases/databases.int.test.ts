import { randomBytes } from 'node:crypto'
import type { dryRunSql, RpcRequest, RpcResponse } from '@plinth/contracts'
import { createSealing } from '@plinth/kernel/sealing'
import { testStore, until, type TestStore } from '@plinth/testkit'
import { sql } from '@plinth/store'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Client } from 'pg'
import { postgresDriver, type PostgresDriver } from '../drivers/postgres.ts'
import { secretKey, testAdminRole } from '../test-support/stand.ts'
import { insertResource, sealPurpose, updateResource } from '../workloads/resources.ts'
import { insertWorkload } from '../workloads/store.ts'
import { dryRuns, limits } from './dry-run.ts'
import { runSql } from './run-in-database.ts'
import { makeShadow, sweepShadows } from './shadow-server.ts'

const migrations = new URL('../db/migrations/', import.meta.url)
const signal = new AbortController().signal
const catalogQuery = `select json_agg(relname order by relname) as catalog from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`
type File = RpcRequest<typeof dryRunSql>['files'][number]
type Ran = RpcResponse<typeof dryRunSql>

let database: TestStore
let admin: Awaited<ReturnType<typeof testAdminRole>>
let driver: PostgresDriver

beforeAll(async () => {
  database = await testStore({ migrations })
  admin = await testAdminRole(database.url)
  driver = postgresDriver(admin.url)
})
afterAll(async () => {
  await driver.close()
  await database.close()
  await admin.drop()
})

const file = (statements: string[], over: Partial<File> = {}): File => ({
  name: '0001_x.sql', transaction: true, statements, measure: true, catalog: true, ...over,
}) // prettier-ignore
const dryRun = (files: File[], bounds: Partial<typeof limits> = {}): Promise<Ran> =>
  dryRuns(admin.url, { ...limits, ...bounds })({ files, catalogQuery }, { signal })
const shadows = () =>
  admin.query<{ name: string }>(
    `select datname as name from pg_database where datname like 'plinth_shadow_%' union select rolname from pg_roles where rolname like 'plinth_shadow_%'`,
  )

describe('a dry run', () => {
  test('answers what statements lock and write again, and what is there afterwards; and leaves nothing', async () => {
    const ran = await dryRun([
      file(['create table orders (id bigint, total integer)'], { measure: false }),
      file(['alter table orders add column note text', 'alter table orders alter column total type bigint'], {
        name: '0002_y.sql',
      }),
      file(['create index concurrently by_total on orders (total)'], { name: '0003_z.sql', transaction: false }),
    ])
    expect(ran).toMatchObject({
      outcome: 'done',
      files: [
        { catalog: '["orders"]', statements: [] },
        {
          statements: [
            { locks: expect.arrayContaining([{ table: 'orders', mode: 'AccessExclusiveLock' }]), rewritten: [] },
            { rewritten: ['orders'] },
          ],
        },
        { name: '0003_z.sql', statements: [] },
      ],
    })
    expect(await shadows()).toEqual([])
  })

  test('names the file, the statement and the place that fail', async () => {
    const ran = await dryRun([file(['select 1', 'create table orders (id bigint, id text)'])])
    expect(ran).toMatchObject({ outcome: 'failed', file: '0001_x.sql', statement: 1, sqlState: '42701', message: expect.stringContaining('more than once') }) // prettier-ignore
    expect(await shadows()).toEqual([])
  })

  test('may do nothing but to its own database', async () => {
    const tried = {
      'make a role': 'create role mallory',
      'make a database': 'create database mallory',
      'become somebody else': 'set role pg_monitor',
      'read a file of the server': `select pg_read_file('/etc/passwd')`,
      'run a program': `copy (select 1) to program 'true'`,
      'end other sessions': 'select pg_terminate_backend(pid) from pg_stat_activity where usename <> current_user',
    }
    const answers = await Promise.all(
      Object.values(tried).map((text) => dryRun([file([text], { transaction: false })])),
    )
    for (const answer of answers) expect(answer).toMatchObject({ outcome: 'failed', sqlState: '42501' })
  })

  test('ends in time, whatever limits it lifts, and writes no more than it may', async () => {
    const slow = await dryRun([file(['set statement_timeout = 0', 'select pg_sleep(30)'])], { wholeMs: 200 })
    expect(slow).toMatchObject({ outcome: 'failed', message: 'A dry run takes 0.2 s at most' })
    const large = [`create table t as select repeat('x', 1000) from generate_series(1, 20000)`, 'select pg_sleep(5)']
    expect(
      await dryRun([file(large, { transaction: false })], { sizeBytes: 16 * 1_048_576, lookEveryMs: 20 }),
    ).toMatchObject({
      outcome: 'failed',
      message: 'A dry run may write 16 MiB at most',
    })
    expect(await shadows()).toEqual([])
  })

  test('that was cut off is swept; one that is under way is left alone', async () => {
    const living = await makeShadow(admin.url)
    const dead = await makeShadow(admin.url)
    const name = new URL(dead.url).pathname.slice(1)
    // As kill -9 ends it: the connection that holds its lock goes, and nothing is cleared up.
    await admin.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
      and ((classid::bigint << 32) | objid::bigint) = hashtextextended('${name}', 0)`)
    await until(async () => (await sweepShadows(admin.url)) === 1, { what: 'the sweep of what was cut off' })
    const left = await shadows()
    expect(left.map((one) => one.name)).toEqual([new URL(living.url).pathname.slice(1)])
    await living.drop()
  })
})

describe('a live database', () => {
  const where = { project: 'payments', environment: 'development', workload: 'ledger' }
  const sealing = createSealing(secretKey)
  const ask = (statements: string[], mode: 'read' | 'transaction' | 'each', resource?: string) =>
    runSql({ store: database.store, sealing, drivers: new Map([['postgres', driver]]) })(
      {
        ...where, mode, lockTimeoutMs: 500, statementTimeoutMs: 5_000, statements: statements.map((text) => ({ text })),
        ...(resource !== undefined && { resource }),
      },
      { signal },
    ) // prettier-ignore

  async function withDatabase(name: string): Promise<string> {
    const secrets = driver.newSecrets()
    const externalName = `w_${randomBytes(6).toString('hex')}`
    const made = await insertResource(database.store.db, where, {
      name, kind: 'postgres', externalName, spec: {}, seal: (id) => sealing.seal(sealPurpose(id), JSON.stringify(secrets)),
    }) // prettier-ignore
    await driver.apply(externalName, {}, secrets)
    await updateResource(database.store.db, made.id, { state: 'ready' })
    return externalName
  }

  beforeAll(async () => {
    const { db } = database.store
    await db.execute(sql`insert into projects (name, description, created_by) values ('payments', '', 'user:ana')`)
    await db.execute(sql`insert into environments (project, name, tier, position, automatic)
      values ('payments', 'development', 'development', 0, true)`)
    await db.execute(sql`insert into operations (id, project, kind, target, state, steps)
      values ('opn_1', 'payments', 'create', 'ledger', 'succeeded', '[]')`)
    await db.execute(sql`insert into components (project, name, kind, description, owner, lifecycle, tags, repository, state, operation, parameters, created_by)
      values ('payments', 'ledger', 'service', '', '', 'production', '{}', 'ledger', 'ready', 'opn_1', '{}', 'user:ana')`)
    await insertWorkload(db, where, 'ledger', 'dep_1')
  })

  test('is not there before the workload has it', async () => {
    expect(await ask(['select 1'], 'read')).toEqual({
      outcome: 'none',
      detail: expect.stringContaining('has no database yet'),
    })
  })

  test('runs statements as the role of its workload: all or none in a transaction, none where it only reads', async () => {
    const name = await withDatabase('database')
    expect(await ask(['create table a (id bigint)', 'select current_user as me, current_database() as here'], 'transaction')).toEqual({
      outcome: 'done', resource: 'database', rows: [{ me: name, here: name }],
    }) // prettier-ignore
    expect(await ask(['create table b (id bigint)', 'select 1/0'], 'transaction')).toMatchObject({ outcome: 'failed', statement: 1, sqlState: '22012' }) // prettier-ignore
    expect(await ask(['create table c (id bigint)'], 'read')).toMatchObject({ outcome: 'failed', sqlState: '25006' })
    expect(await ask(['select 1; select 2'], 'each')).toMatchObject({ outcome: 'failed', sqlState: '42601' })
    const tables = await ask([`select json_agg(relname order by relname) as names from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`], 'read') // prettier-ignore
    expect(tables).toMatchObject({ rows: [{ names: ['a'] }] })
  })

  test('ends what runs when who asked has gone', async () => {
    const gone = new AbortController()
    const asked = runSql({ store: database.store, sealing, drivers: new Map([['postgres', driver]]) })(
      { ...where, mode: 'transaction', lockTimeoutMs: 500, statementTimeoutMs: 60_000, statements: [{ text: 'create table d (id bigint)' }, { text: 'select pg_sleep(60)' }] },
      { signal: gone.signal },
    ) // prettier-ignore
    const superuser = new Client({ connectionString: database.url })
    await superuser.connect()
    const sleeping = `select 1 from pg_stat_activity where application_name = 'plinth-migrations' and query like '%pg_sleep(60)%'`
    await until(async () => (await superuser.query(sleeping)).rowCount === 1, { what: 'the statement to run' })
    gone.abort()
    expect(await asked).toMatchObject({ outcome: 'failed', statement: expect.any(Number) })
    expect(await ask([`select to_regclass('d') as there`], 'read')).toMatchObject({ rows: [{ there: null }] })
    await superuser.end()
  })

  test('is named where a workload has several', async () => {
    await withDatabase('archive')
    expect(await ask(['select 1'], 'read')).toMatchObject({ outcome: 'none', detail: expect.stringContaining('name one: database, archive') }) // prettier-ignore
    expect(await ask(['select 1 as one'], 'read', 'archive')).toMatchObject({ outcome: 'done', resource: 'archive' })
  })
})
