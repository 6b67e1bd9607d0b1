import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rows, sql } from '@plinth/store'
import { testPostgres, type TestDatabase } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { replica, type Given } from './test-support/replica.ts'

const contents = 200
let database: TestDatabase
let here: Awaited<ReturnType<typeof replica>>
beforeAll(async () => {
  database = await testPostgres()
  here = await replica(database.url)
})
afterAll(async () => {
  await here?.store.close()
  await database?.drop()
})

test('two replicas give one content one id, and a kill -9 in the middle loses none and gives none twice', async () => {
  const script = new URL('./test-support/register-until-killed.ts', import.meta.url)
  const child = fork(script, [database.url, String(contents)], { stdio: 'inherit' })
  const there: Given[] = []
  let isKilled = false
  child.on('message', (given: Given) => {
    there.push(given)
    if (there.length === contents / 4) isKilled = child.kill('SIGKILL')
  })
  // From the end, so that each meets contents that the other one knows and contents that nobody does.
  const started = once(child, 'message')
  await started
  const ours: Given[] = []
  const exited = once(child, 'exit')
  for (let content = contents - 1; content >= 0; content -= 4)
    ours.push(
      ...(await Promise.all([0, 1, 2, 3].map((back) => here.register(content - back, `ours-${content - back}`)))),
    )
  await exited
  expect(isKilled).toBe(true)

  const ids = new Map(ours.map(({ content, id }) => [content, id]))
  expect(ids.size).toBe(contents)
  expect(new Set(ids.values()).size).toBe(contents)
  expect(there.filter(({ content, id }) => ids.get(content) !== id)).toEqual([])
  const kept = await rows<{ subject: string; version: number; id: number }>(
    here.store.db,
    sql`select subject, version, schema_id as id from versions where subject like 'killed-%'`,
  )
  for (const { subject, version, id } of there) expect(kept).toContainEqual({ subject, version, id })
  // What was cut off is there as a whole or not at all, and comes in by trying again.
  for (const { subject, version, id } of kept)
    expect(await here.register(Number(subject.slice('killed-'.length)), subject)).toMatchObject({ version, id })
  const [told] = await rows<{ versions: number; facts: number }>(
    here.store.db,
    sql`select (select count(*)::int from versions) as versions, (select count(*)::int from plinth_outbox) as facts`,
  )
  expect(told?.facts).toBe((told?.versions ?? 0) * 2)
})

test('registrations of one subject by two replicas at once follow each other without a gap', async () => {
  const other = await replica(database.url)
  const anything = sql`insert into scope_configs values ('payments', 'raced', '{"compatibilityLevel":"NONE"}', now())`
  await here.store.sql(anything)
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, content) => (content % 2 === 0 ? here : other).register(content, 'raced')),
  )
  await other.store.close()
  expect(made.map(({ version }) => version).sort((a, b) => a - b)).toEqual(made.map((_, index) => index + 1))
  expect(new Set(made.map(({ id }) => id)).size).toBe(40)
})
