import { readMigrations, type Migration } from '@plinth/sql'
import { expect, test } from 'vitest'
import { historyOf, prefixOf, type Applied } from './history.ts'
import { orderProblems, type Environment } from './order.ts'
import type { DatabaseRow } from './store.ts'

const read = (...names: string[]): Promise<Migration[]> =>
  readMigrations(names.map((name) => ({ name, text: `select '${name}'` })))
const asApplied = ({ number, name, sha256 }: Migration): Applied => ({ number, name, sha256, state: 'applied' })

test('what is not applied is pending, and a file that was cut off outside a transaction too', async () => {
  const files = await read('0001_a.sql', '0002_b.sql', '0003_c.sql')
  const applied = files.slice(0, 2).map(asApplied)
  expect(historyOf(files, applied)).toEqual({ pending: files.slice(2), problems: [] })
  const cut = applied.map((one, index): Applied => (index === 1 ? { ...one, state: 'running' } : one))
  expect(historyOf(files, cut)).toEqual({ pending: files.slice(1), problems: [] })
})

test('a number that comes after one that is applied elsewhere is too late', async () => {
  const files = await read('0001_a.sql', '0002_b.sql', '0004_c.sql')
  const applied = [files[0], files[2]].flatMap((file) => (file ? [asApplied(file)] : []))
  expect(historyOf(files, applied).problems).toEqual([
    { path: '0002_b.sql', message: expect.stringContaining('comes before number 4') },
  ])
})

test('a file that is gone, another in its place and an edit are told, each by its name', async () => {
  const files = await read('0001_a.sql', '0002_b.sql', '0003_c.sql')
  const applied = files.map(asApplied)
  const told = async (...now: { name: string; text: string }[]) =>
    historyOf(await readMigrations(now), applied).problems.map(({ path, message }) => `${path} ${message}`)
  const kept = files.map(({ name, text }) => ({ name, text }))
  expect(await told(...kept.slice(0, 2))).toEqual([
    expect.stringMatching(/^0003_c.sql was applied there and is not among/),
  ])
  expect(await told(...kept.slice(0, 2), { name: '0003_d.sql', text: 'select 1' })).toEqual([
    expect.stringMatching(/^0003_d.sql stands in the place of 0003_c.sql/),
  ])
  expect(await told(...kept.slice(1), { name: '0001_a.sql', text: 'select 1' })).toEqual([
    expect.stringMatching(/^0001_a.sql was edited after/),
  ])
})

test('the key of a history depends on texts and numbers alone, and on each of them', async () => {
  const [a, b] = [await read('0001_a.sql', '0002_b.sql'), await read('0001_a.sql', '0002_c.sql')]
  expect(prefixOf(a)).toBe(prefixOf(a.map(asApplied)))
  expect(prefixOf(a)).not.toBe(prefixOf(b))
  expect(prefixOf(a)).not.toBe(prefixOf(a.slice(0, 1)))
})

const tiers = (...all: [string, Environment['tier']][]): Environment[] =>
  all.map(([name, tier], position) => ({ name, tier, position }))
const usual = tiers(['development', 'development'], ['staging', 'staging'], ['production', 'production'])
const has = (environment: string, files: readonly Migration[]): DatabaseRow => ({
  project: 'payments', environment, component: 'ledger', resource: 'database', applied: files.map(asApplied), prefix: '', schemaVersion: 1,
  drift: 'none', differences: [], checkedAt: null, updatedAt: '',
}) // prettier-ignore

test('the first tier takes anything; each other only what every database of the tier before it has', async () => {
  const files = await read('0001_a.sql', '0002_b.sql')
  const told = (environment: string, rows: DatabaseRow[], environments = usual) =>
    orderProblems(environments, environment, rows, files).map(({ path, message }) => `${path} ${message.split(':')[0]}`)
  expect(told('development', [])).toEqual([])
  expect(told('staging', [])).toEqual(files.map(({ name }) => `${name} is not in development yet`))
  expect(told('staging', [has('development', files)])).toEqual([])
  expect(told('production', [has('development', files)])).toHaveLength(2)
  const twoStagings = tiers(...usual.map(({ name, tier }): [string, Environment['tier']] => [name, tier]), ['staging-us', 'staging']) // prettier-ignore
  const rows = [has('development', files), has('staging', files), has('staging-us', files.slice(0, 1))]
  expect(told('production', rows, twoStagings)).toEqual(['0002_b.sql is not in staging-us yet, at least not like this'])
  expect(told('production', [has('development', files)], tiers(['development', 'development'], ['production', 'production']))).toEqual([]) // prettier-ignore
})

test('another text under the same number is not the same migration', async () => {
  const files = await read('0001_a.sql')
  const other = (await readMigrations([{ name: '0001_a.sql', text: 'select 2' }])).map((file) => file)
  expect(orderProblems(usual, 'staging', [has('development', other)], files)).toHaveLength(1)
})
