import { clientOf, type Client } from '@plinth/client'
import { contracts, recordDeployed } from '@plinth/contracts'
import type { RunningService } from '@plinth/service'
import { asIdentity, testKeys, testNats, testPassword, testPostgres, until, type TestDatabase, type TestNats } from '@plinth/testkit' // prettier-ignore
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { schemas } from '../app.ts'
import { loadConfig } from '../config.ts'
import { createProvisioner } from './test-support/provisioner.ts'

const project = 'payments'
const component = 'ledger'
const first = {
  name: '0001_entries.sql',
  text: 'create table entries (id bigint primary key, amount bigint not null, note text);',
}
const second = { name: '0002_memo.sql', text: 'alter table entries add column memo text;' }
const index = {
  name: '0003_by_amount.sql',
  text: '-- plinth:no-transaction\ncreate index concurrently if not exists entries_amount on entries (amount);',
}
const drop = {
  name: '0004_drop_note.sql',
  text: '-- plinth-ignore ban-drop-column: nobody reads it since the last release\nalter table entries drop column note;',
}
const revisions = { old: 'a'.repeat(40), new: 'b'.repeat(40) }

let database: TestDatabase
let nats: TestNats
let running: RunningService
let api: Client<typeof contracts.schemas.routes>
let house: Awaited<ReturnType<typeof createProvisioner>>

const start = (): Promise<RunningService> =>
  schemas(
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
const clientFor = ({ url }: RunningService) =>
  clientOf(contracts.schemas.routes, { baseUrl: url, headers: () => asIdentity('job:payments/pip_1') })

beforeAll(async () => {
  ;[database, nats] = await Promise.all([testPostgres(), testNats()])
  house = await createProvisioner(await nats.bus('provisioning'), database.url)
  await Promise.all(['development', 'staging'].map((name) => house.withDatabase(name)))
  running = await start()
  api = clientFor(running)
})
afterAll(async () => {
  await running.close()
  await house.close()
  await nats.close()
  await database.drop()
})

type Wanted = Parameters<(typeof api)['applyDatabase']>[0]['body']
const apply = (environment: string, body: Wanted) =>
  api.applyDatabase({ params: { project, environment, component }, body })
const ended = (environment: string, run: string) =>
  until(
    async () => {
      const now = await api.getDatabaseRun({ params: { project, environment, component, run } })
      return now.state === 'succeeded' || now.state === 'failed' ? now : undefined
    },
    { what: `the end of ${run}` },
  )
const applied = async (environment: string, body: Wanted) => ended(environment, (await apply(environment, body)).id)
const columnsOf = async (environment: string): Promise<string> =>
  (
    await house.query<{ name: string }>(
      environment,
      `select attname as name from pg_attribute where attrelid = 'entries'::regclass and attnum > 0 and not attisdropped order by attnum`,
    )
  )
    .map(({ name }) => name)
    .join()

describe('a plan', () => {
  test('tells the lock and the phase of each statement, what changes, and who reads it; and changes nothing', async () => {
    const plan = await api.planDatabase({
      params: { project, component },
      body: { migrations: [first, second, index, drop] },
    })
    expect(plan.pending).toHaveLength(4)
    expect(plan.statements.map(({ phase, lock }) => [phase, lock])).toEqual([
      ['expand', 'NONE'],
      ['expand', 'NONE'],
      ['expand', 'NONE'],
      ['expand', 'NONE'],
    ])
    expect(plan).toMatchObject({
      refusals: [],
      dryRun: { succeeded: true },
      changes: [{ path: 'entries', after: 'table' }],
    })
    expect((await api.listDatabases({ params: { project } })).items).toEqual([])
  })

  test('names the place in the file where the dry run fails', async () => {
    const bad = { name: '0002_bad.sql', text: 'select 1;\nalter table entrys\n  add column memo text;' }
    const plan = await api.planDatabase({ params: { project, component }, body: { migrations: [first, bad] } })
    expect(plan.refusals).toMatchObject([
      { path: '0002_bad.sql:2:1', message: expect.stringContaining('"entrys" does not exist') },
    ])
  })
})

describe('applying', () => {
  test('is refused in staging before development has it, and writes nothing', async () => {
    await expect(apply('staging', { migrations: [first] })).rejects.toMatchObject({
      code: 'schemas.migration_refused',
      errors: [{ path: '0001_entries.sql', message: expect.stringContaining('is not in development yet') }],
    })
    expect(await house.query('staging', `select to_regclass('entries') as there`)).toEqual([{ there: null }])
  })

  test('applies each in order with its record, and registers what they make as a subject', async () => {
    const run = await applied('development', { migrations: [first, second], revision: revisions.old })
    expect(run).toMatchObject({
      state: 'succeeded',
      schemaVersion: 1,
      migrations: [{ applied: true }, { applied: true }],
    })
    expect(await columnsOf('development')).toBe('id,amount,note,memo')
    expect(await house.query('development', 'select name, state from plinth.migrations order by number')).toEqual([
      { name: '0001_entries.sql', state: 'applied' },
      { name: '0002_memo.sql', state: 'applied' },
    ])
    const version = await api.getVersion({ params: { project, subject: 'ledger.database', version: 'latest' } })
    expect(version).toMatchObject({ type: 'SQL', version: 1 })
  })

  test('goes on to staging afterwards, and the same again does nothing', async () => {
    expect(await applied('staging', { migrations: [first, second] })).toMatchObject({ state: 'succeeded' })
    expect(await applied('staging', { migrations: [first, second] })).toMatchObject({
      state: 'succeeded',
      migrations: [],
    })
  })

  test.each([
    ['an edit of what is applied', [{ ...first, text: `${first.text} ` }, second], 'was edited after it was applied'],
    ['what the rules refuse', [first, second, { name: '0003_x.sql', text: 'drop table entries;' }], 'ban-drop-table'],
  ])('refuses %s', async (_what, migrations, message) => {
    await expect(apply('development', { migrations })).rejects.toMatchObject({
      status: 409,
      errors: expect.arrayContaining([expect.objectContaining({ message: expect.stringContaining(message) })]),
    })
  })

  test('waits for a lock that somebody holds, shortly each time, and gets it in the end', async () => {
    const other = await house.connect('development')
    await other.query('begin; lock table entries in access share mode')
    const migrations = [first, second, { name: '0003_flag.sql', text: 'alter table entries add column flag boolean;' }]
    const { id } = await apply('development', { migrations })
    const params = { project, environment: 'development', component, run: id }
    const waiting = await until(
      async () => {
        const now = await api.getDatabaseRun({ params })
        return now.attempts > 0 ? now : undefined
      },
      { what: 'a try in vain' },
    )
    expect(waiting.detail).toContain('0003_flag.sql waits for its lock')
    await other.query('rollback')
    await other.end()
    expect(await ended('development', id)).toMatchObject({ state: 'succeeded' })
  })
})

describe('a contract step', () => {
  const flag = { name: '0003_flag.sql', text: 'alter table entries add column flag boolean;' }
  const byAmount = { ...index, name: '0004_by_amount.sql' }
  const dropNote = { ...drop, name: '0005_drop_note.sql' }
  const all = [first, second, flag, byAmount, dropNote]

  test('is refused while a deployed revision was built with what it drops, and what comes before it is not', async () => {
    house.deploy('development', revisions.old)
    await expect(apply('development', { migrations: all, revision: revisions.new })).rejects.toMatchObject({
      code: 'schemas.migration_refused',
      errors: [
        { path: '0005_drop_note.sql', message: expect.stringContaining('payments/ledger, built with aaaaaaaaaaaa') },
      ],
    })
    const plan = await api.planDatabase({
      params: { project, component },
      body: { migrations: all, environment: 'development' },
    })
    expect(plan.statements.map(({ phase, lock, blocks }) => [phase, lock, blocks])).toEqual([
      ['expand', 'SHARE UPDATE EXCLUSIVE', 'nothing'],
      ['contract', 'ACCESS EXCLUSIVE', 'reads and writes'],
    ])
    expect(plan.readers).toMatchObject([{ reader: 'payments/ledger', rule: 'COLUMN_REMOVED', path: 'entries.note' }])
    const run = await applied('development', { migrations: all, phase: 'expand', revision: revisions.new })
    expect(run).toMatchObject({ state: 'succeeded', held: ['0005_drop_note.sql'] })
    expect(await columnsOf('development')).toBe('id,amount,note,memo,flag')
  })

  test('is applied once only code runs that was built with it', async () => {
    house.deploy('development', revisions.new)
    expect(await applied('development', { migrations: all })).toMatchObject({ state: 'succeeded' })
    expect(await columnsOf('development')).toBe('id,amount,memo,flag')
  })

  test('is refused while another component runs that declares a version of the schema with what it drops', async () => {
    const consumes = [{ subject: `${component}.database`, version: 1 }]
    await (await nats.bus()).ask(recordDeployed, {
      project, environment: 'development', component: 'reports', deployment: 'dep_1', produces: [], consumes, removed: false,
    }) // prettier-ignore
    const text = '-- plinth-ignore ban-drop-column: moved away\nalter table entries drop column memo;'
    const migrations = [...all, { name: '0006_drop_memo.sql', text }]
    const plan = await api.planDatabase({
      params: { project, component },
      body: { migrations, environment: 'development' },
    })
    // Version 1 has the note too, which is gone already: that is not this step's doing.
    expect(plan.readers.map(({ reader, builtWith, path }) => [reader, builtWith, path])).toEqual([
      ['payments/reports', 'ledger.database:1', 'entries.memo'],
      ['payments/ledger', 'bbbbbbbbbbbb', 'entries.memo'],
    ])
  })

  test('is refused where nobody knows what the deployed code reads', async () => {
    house.deploy('staging', 'c'.repeat(40))
    await expect(apply('staging', { migrations: all })).rejects.toMatchObject({
      errors: [{ message: expect.stringContaining('not built with known migrations') }],
    })
  })
})

describe('a cut', () => {
  const cutAt = (word: string) => {
    let cuts = 0
    house.beforeEach(async (text) => {
      if (!text.startsWith(word) || cuts++ > 0) return
      throw new Error('the connection is cut')
    })
    return () => cuts
  }

  test('in the middle of a transaction is made good, and nothing is done twice', async () => {
    const cuts = cutAt('alter table entries add column flag')
    const migrations = [first, second, { name: '0003_flag.sql', text: 'create table extra (id bigint);\nalter table entries add column flag boolean;' }] // prettier-ignore
    house.deploy('staging', revisions.old)
    // Other text than development has: it would be refused, had the order not been kept by what is in it.
    await expect(apply('staging', { migrations })).rejects.toMatchObject({ status: 409 })
    const good = [first, second, { name: '0003_flag.sql', text: 'alter table entries add column flag boolean;' }]
    expect(await applied('staging', { migrations: good })).toMatchObject({ state: 'succeeded' })
    expect(cuts()).toBe(2)
    expect(await columnsOf('staging')).toBe('id,amount,note,memo,flag')
  })

  test('outside a transaction leaves it to be gone through again, without the index that was left half built', async () => {
    const cuts = cutAt('update plinth.migrations set state')
    const flag = { name: '0003_flag.sql', text: 'alter table entries add column flag boolean;' }
    const { id } = await apply('staging', {
      migrations: [first, second, flag, { ...index, name: '0004_by_amount.sql' }],
    })
    await until(async () => cuts() > 0, { what: 'the cut' })
    // As PostgreSQL itself leaves one whose building was cut off.
    await house.query('staging', `update pg_index set indisvalid = false where indexrelid = 'entries_amount'::regclass`)
    expect(await ended('staging', id)).toMatchObject({ state: 'succeeded' })
    expect(cuts()).toBe(2)
    expect(
      await house.query(
        'staging',
        `select indisvalid as valid, (select state from plinth.migrations where number = 4) as state
        from pg_index where indexrelid = 'entries_amount'::regclass`,
      ),
    ).toEqual([{ valid: true, state: 'applied' }])
  })
})

describe('drift', () => {
  const look = () => api.getDatabaseDrift({ params: { project, environment: 'development', component } })

  test('of a live database is shown as a diff, and is gone when it is put back', async () => {
    expect(await look()).toMatchObject({ drift: 'none', differences: [] })
    await house.query(
      'development',
      `alter table entries add column hotfix text; alter table entries alter memo type varchar(5)`,
    )
    expect(await look()).toMatchObject({
      drift: 'drifted',
      differences: [
        { path: 'entries.hotfix', what: 'column', after: 'text' },
        { path: 'entries.memo', what: 'column', before: 'text', after: 'character varying(5)' },
      ],
    })
    const { items } = await api.listDatabases({ params: { project } })
    expect(items.map(({ environment, drift, differences }) => [environment, drift, differences])).toEqual([
      ['development', 'drifted', 2],
      ['staging', 'none', 0],
    ])
    await house.query('development', 'alter table entries drop column hotfix; alter table entries alter memo type text')
    expect(await look()).toMatchObject({ drift: 'none' })
  })

  test('of a database that is not there is not found', async () => {
    await expect(
      api.getDatabaseDrift({ params: { project, environment: 'production', component } }),
    ).rejects.toMatchObject({
      status: 404,
      code: 'schemas.database_unknown',
    })
  })
})

test('a run whose database goes away for good ends, and says so', async () => {
  const flag = { name: '0003_flag.sql', text: 'alter table entries add column flag boolean;' }
  const byAmount = { ...index, name: '0004_by_amount.sql' }
  await house.withDatabase('staging')
  house.beforeEach(async (text) => {
    if (!text.startsWith('create table entries')) return
    house.lose('staging')
    throw new Error('the connection is cut')
  })
  const run = await applied('staging', { migrations: [first, second, flag, byAmount] })
  expect(run).toMatchObject({ state: 'failed', detail: 'There is no database in staging yet.' })
})
