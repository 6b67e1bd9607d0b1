import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { quietLogger, testPostgres, type TestDatabase } from '@plinth/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { migrate } from './migrate.ts'
import { openStore, sql } from './index.ts'

let database: TestDatabase
let folder: string

beforeEach(async () => {
  database = await testPostgres()
  folder = await mkdtemp(join(tmpdir(), 'plinth-migrations-'))
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const file = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text)
const run = (): Promise<void> =>
  migrate(
    { url: database.url, applicationName: 'test' },
    [{ namespace: 'app', folder: pathToFileURL(folder) }],
    quietLogger,
  )
const query = async (text: string): Promise<unknown[]> => {
  const store = await openStore({ url: database.url, applicationName: 'test', logger: quietLogger })
  try {
    return await store.sql(sql.raw(text))
  } finally {
    await store.close()
  }
}

test('eight processes that start at once apply each file once', async () => {
  await file('0001_one.sql', 'create table one (id integer); insert into one values (1);')
  await file('0002_two.sql', 'insert into one values (2); select pg_sleep(0.1);')
  await Promise.all(Array.from({ length: 8 }, run))
  expect(await query('select id from one order by id')).toEqual([{ id: 1 }, { id: 2 }])
})

test('a store brings the platform tables and its own, each counted by itself', async () => {
  await file('0001_one.sql', 'create table one (id integer);')
  const options = { url: database.url, applicationName: 'test', logger: quietLogger, migrations: pathToFileURL(folder) }
  await (await openStore(options)).close()
  await (await openStore(options)).close()
  expect(await query('select namespace, number, file from plinth_migrations order by 1, 2')).toEqual([
    { namespace: 'app', number: 1, file: '0001_one.sql' },
    { namespace: 'platform', number: 1, file: '0001_platform.sql' },
  ])
})

test('a file that was changed after it was applied is refused by name', async () => {
  await file('0001_one.sql', 'create table one (id integer);')
  await run()
  await file('0001_one.sql', 'create table one (id bigint);')
  await expect(run()).rejects.toThrow(/app migration '0001_one\.sql' was changed after it was applied/)
})

test('line ends that git changed are no change', async () => {
  await file('0001_one.sql', 'create table one (\n  id integer\n);\n')
  await run()
  await file('0001_one.sql', 'create table one (\r\n  id integer\r\n);\r\n')
  await run()
})

test('a gap, a double number and another kind of name are refused by name, before anything is applied', async () => {
  await file('0001_one.sql', 'create table one (id integer);')
  await file('0003_three.sql', 'create table three (id integer);')
  await expect(run()).rejects.toThrow(/'0003_three\.sql' comes where number 2 should be/)
  await file('0002_two.sql', 'select 1;')
  await file('0002_too.sql', 'select 1;')
  await expect(run()).rejects.toThrow(/'0002_two\.sql' comes where number 3 should be/)
  await rm(join(folder, '0002_too.sql'))
  await file('four.sql', 'select 1;')
  await expect(run()).rejects.toThrow(/'four\.sql' is not named like 0001_what_it_does\.sql/)
  expect(await query(`select to_regclass('one') as one`)).toEqual([{ one: null }])
})

test('a file that took the number of an applied one is refused: two branches met', async () => {
  await file('0001_one.sql', 'create table one (id integer);')
  await file('0002_mine.sql', 'create table mine (id integer);')
  await run()
  await rm(join(folder, '0002_mine.sql'))
  await file('0002_theirs.sql', 'create table theirs (id integer);')
  await expect(run()).rejects.toThrow(/'0002_mine\.sql' was applied, but the folder has '0002_theirs\.sql' as number 2/)
})

test('a failing file leaves nothing, keeps those before it, and is named with its line', async () => {
  await file('0001_one.sql', 'create table one (id integer);')
  await file('0002_two.sql', 'create table two (id integer);\nselect 1;\ninsert into nowhere values (1);\n')
  await expect(run()).rejects.toThrow(/app migration '0002_two\.sql' line 3 failed.*"nowhere" does not exist/)
  expect(await query(`select to_regclass('one') as one, to_regclass('two') as two`)).toEqual([
    { one: 'one', two: null },
  ])
  await file('0002_two.sql', 'create table two (id integer);')
  await run()
})

test('a file that would end its transaction is refused', async () => {
  await file('0001_one.sql', 'create table one (id integer);\nCOMMIT;\n')
  await expect(run()).rejects.toThrow(/'0001_one\.sql' line 2 ends its transaction/)
})

test('the previous version of a service starts on a database that the next one has migrated', async () => {
  await file('0001_one.sql', 'create table one (id integer);')
  await file('0002_two.sql', 'create table two (id integer);')
  await run()
  await rm(join(folder, '0002_two.sql'))
  await run()
})
