import { inspect } from 'node:util'
import { failure } from '@plinth/contracts'
import { quietLogger, tcpProxy, testStore, until, type TestStore } from '@plinth/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isUniqueViolation, mapDatabaseError, openStore, prune, sql } from './index.ts'
import { incoming } from './test-support/thing.ts'

let kit: TestStore
beforeAll(async () => {
  kit = await testStore()
  await kit.store.sql(sql`create table effects (id serial primary key, event_id text not null, name text unique)`)
  await kit.store.sql(sql`create table children (effect integer not null references effects (id))`)
})
afterAll(() => kit.close())

const effectsOf = async (id: string): Promise<number> =>
  (await kit.store.sql(sql`select 1 from effects where event_id = ${id}`)).length

test('ten deliveries at once of one event have one effect', async () => {
  const results = await Promise.all(
    Array.from({ length: 10 }, () =>
      kit.store.inbox.once('consumer', incoming('evt_1'), async (tx) => {
        await tx.execute(sql`insert into effects (event_id) values ('evt_1')`)
      }),
    ),
  )
  expect(results.filter((result) => result === 'done')).toHaveLength(1)
  expect(await effectsOf('evt_1')).toBe(1)
})

test('two consumers each have their own effect of one event', async () => {
  for (const consumer of ['one', 'two']) {
    expect(await kit.store.inbox.once(consumer, incoming('evt_2'), async () => undefined)).toBe('done')
  }
})

test('work that throws leaves nothing, and the next delivery does it', async () => {
  const { inbox } = kit.store
  const failing = inbox.once('consumer', incoming('evt_3'), async (tx) => {
    await tx.execute(sql`insert into effects (event_id) values ('evt_3')`)
    throw failure('gitops.push_refused')
  })
  await expect(failing).rejects.toMatchObject({ code: 'gitops.push_refused' })
  expect(await effectsOf('evt_3')).toBe(0)
  expect(await inbox.once('consumer', incoming('evt_3'), async () => undefined)).toBe('done')
  expect(await inbox.once('consumer', incoming('evt_3'), async () => undefined)).toBe('duplicate')
})

test('dead letters are kept once an event, listed newest first in pages, read and removed', async () => {
  const { inbox, deadLetters } = kit.store
  for (const id of ['evt_a', 'evt_b', 'evt_c'])
    await inbox.bury('consumer', incoming(id, { attempt: 5 }), new Error('poison'))
  await inbox.bury('consumer', incoming('evt_c', { attempt: 6 }), new Error('still poison'))
  const first = await deadLetters.list({ limit: 2 })
  expect(first.items.map(({ eventId, error, attempts }) => [eventId, error, attempts])).toEqual([
    ['evt_c', 'Error: still poison', 6],
    ['evt_b', 'Error: poison', 5],
  ])
  const { nextCursor = '' } = first
  const second = await deadLetters.list({ limit: 2, cursor: nextCursor })
  expect(second.items.map(({ eventId }) => eventId)).toEqual(['evt_a'])
  expect(second.nextCursor).toBeUndefined()
  const id = second.items[0]?.id ?? ''
  expect(await deadLetters.get(id)).toMatchObject({
    subject: 'plinth.gitops.thing.moved.v1.payments.thg_1',
    body: { entity: 'thg_1' },
  })
  expect(await deadLetters.remove(id)).toBe(true)
  expect(await deadLetters.remove(id)).toBe(false)
  expect(await deadLetters.get(id)).toBeUndefined()
  await expect(deadLetters.list({ cursor: 'nonsense' })).rejects.toMatchObject({ code: 'platform.cursor_invalid' })
})

test('a dead letter tells no SQL and no parameter', async () => {
  const { inbox, deadLetters, transaction } = kit.store
  const wrong = await transaction((tx) => tx.execute(sql`select secret from nowhere where x = ${'hunter2'}`)).catch(
    (error: unknown) => error,
  )
  await inbox.bury('consumer', incoming('evt_sql'), wrong)
  const { items } = await deadLetters.list()
  expect(items[0]?.error).toMatch(/^platform\.bug: /)
  expect(items[0]?.error).not.toMatch(/nowhere|hunter2/)
})

test('an event whose text no database takes is buried all the same', async () => {
  const { inbox, deadLetters } = kit.store
  const text = 'nul \u0000, half \ud800, whole \u{1f600}, written out \\u0000'
  await inbox.bury('consumer', incoming('evt_nul', { data: { text } }), new Error('has \u0000 in it'))
  const { items } = await deadLetters.list()
  const found = items.find(({ eventId }) => eventId === 'evt_nul')
  expect(found?.body).toMatchObject({ data: { text: 'nul \ufffd, half \ufffd, whole \u{1f600}, written out \\u0000' } })
})

test('the log of a database error has its statement, and no value of it', async () => {
  const { transaction } = kit.store
  const statements = [
    sql`select secret from nowhere where x = ${'hunter2'}`,
    sql`insert into children (effect) select null where ${'hunter2'} <> ''`,
    sql`insert into effects (event_id, name) values (null, ${'hunter2'})`,
  ]
  for (const statement of statements) {
    const error: unknown = await transaction((tx) => tx.execute(statement)).catch((thrown: unknown) => thrown)
    const logged = inspect(error, { depth: 10 })
    expect(logged).toMatch(/Failed query: (?:select|insert)/)
    expect(logged).not.toContain('hunter2')
  }
})

test('pruning deletes notes of events past their retention, and no others', async () => {
  const { store } = kit
  await store.sql(
    sql`insert into plinth_inbox select 'old', i::text, now() - interval '46 days' from generate_series(1, 6000) i`,
  )
  await store.sql(sql`insert into plinth_inbox values ('young', '1', now() - interval '44 days')`)
  await prune(store.db)
  expect(await store.sql(sql`select consumer from plinth_inbox where consumer in ('old', 'young')`)).toEqual([
    { consumer: 'young' },
  ])
})

test('of twenty equal requests at once one is new, and the answer is replayed to the others', async () => {
  const { idempotency } = kit.store
  const states = await Promise.all(Array.from({ length: 20 }, () => idempotency.begin('user:ana', 'key-1', 'hash')))
  expect(states.filter(({ state }) => state === 'new')).toHaveLength(1)
  expect(states.filter(({ state }) => state === 'busy')).toHaveLength(19)
  expect(await idempotency.begin('user:ana', 'key-1', 'other hash')).toEqual({ state: 'mismatch' })
  expect(await idempotency.begin('user:ben', 'key-1', 'hash')).toEqual({ state: 'new' })
  await idempotency.finish('user:ana', 'key-1', 201, '{"id":1}')
  await idempotency.abandon('user:ana', 'key-1')
  expect(await idempotency.begin('user:ana', 'key-1', 'hash')).toEqual({
    state: 'replay',
    status: 201,
    body: '{"id":1}',
  })
})

test('an abandoned key is free, a claim of a dead process may be taken over by one, an old answer is forgotten', async () => {
  const { idempotency, sql: run } = kit.store
  await idempotency.begin('s', 'abandoned', 'hash')
  await idempotency.abandon('s', 'abandoned')
  expect(await idempotency.begin('s', 'abandoned', 'other')).toEqual({ state: 'new' })
  await idempotency.begin('s', 'stale', 'hash')
  await run(sql`update plinth_idempotency_keys set claimed_at = now() - interval '61 seconds' where key = 'stale'`)
  expect(await idempotency.begin('s', 'stale', 'other')).toEqual({ state: 'mismatch' })
  const taken = await Promise.all(Array.from({ length: 10 }, () => idempotency.begin('s', 'stale', 'hash')))
  expect(taken.filter(({ state }) => state === 'new')).toHaveLength(1)
  await idempotency.finish('s', 'stale', 200, '{}')
  await run(sql`update plinth_idempotency_keys set claimed_at = now() - interval '25 hours' where key = 'stale'`)
  expect(await idempotency.begin('s', 'stale', 'other')).toEqual({ state: 'new' })
})

test('what goes wrong in the database is an AppError with a stable code, whoever ran the statement', async () => {
  const { db, transaction } = kit.store
  await db.execute(sql`insert into effects (event_id, name) values ('x', 'taken')`)
  const codeOf = async (query: ReturnType<typeof sql>): Promise<string> => {
    const inTransaction = await transaction((tx) => tx.execute(query)).catch((error: { code: string }) => error)
    const alone = await db.execute(query).catch((error: { code: string }) => error)
    expect(inTransaction).toMatchObject({ name: 'AppError', code: 'code' in alone ? alone.code : '' })
    return mapDatabaseError(alone).code
  }
  expect(await codeOf(sql`insert into effects (event_id, name) values ('y', 'taken')`)).toBe('platform.conflict')
  expect(await codeOf(sql`insert into children values (0)`)).toBe('platform.not_found')
  await db.execute(sql`insert into children select id from effects where name = 'taken'`)
  expect(await codeOf(sql`delete from effects where name = 'taken'`)).toBe('platform.conflict')
  expect(await codeOf(sql`insert into effects (event_id) values (${'a\u0000b'})`)).toBe('platform.request_invalid')
  expect(await codeOf(sql`select * from nowhere`)).toBe('platform.bug')
  const taken = await db
    .execute(sql`insert into effects (event_id, name) values ('y', 'taken')`)
    .catch((error: unknown) => error)
  expect(isUniqueViolation(taken, 'effects_name_key')).toBe(true)
  expect(isUniqueViolation(taken, 'effects_pkey')).toBe(false)
})

test('a deadlock is mended by running the loser again', async () => {
  const { store } = kit
  await store.sql(sql`create table pair (id integer primary key, count integer not null)`)
  await store.sql(sql`insert into pair values (1, 0), (2, 0)`)
  const both = Promise.withResolvers<void>()
  let locked = 0
  const swap = (first: number, second: number): Promise<void> =>
    store.transaction(async (tx) => {
      await tx.execute(sql`update pair set count = count + 1 where id = ${first}`)
      if (++locked === 2) both.resolve()
      await both.promise
      await tx.execute(sql`update pair set count = count + 1 where id = ${second}`)
    })
  await Promise.all([swap(1, 2), swap(2, 1)])
  expect(await store.sql(sql`select count from pair order by id`)).toEqual([{ count: 2 }, { count: 2 }])
})

test('a database that goes away is unavailable, ends no process, and is used again when it is back', async () => {
  const proxy = await tcpProxy(kit.url)
  const store = await openStore({ url: proxy.through(kit.url), applicationName: 'through', logger: quietLogger })
  const { promise: cut, resolve } = Promise.withResolvers<void>()
  const midway = store.transaction(async (tx) => {
    await tx.execute(sql`select 1`)
    resolve()
    await until(() => proxy.connections() === 0)
    await tx.execute(sql`select 1`)
  })
  await cut
  await proxy.disable()
  await expect(midway).rejects.toMatchObject({ code: 'platform.unavailable' })
  await expect(store.db.execute(sql`select 1`)).rejects.toMatchObject({ code: 'platform.unavailable' })
  await expect(store.health.check(AbortSignal.timeout(1_000))).rejects.toThrow()
  await proxy.enable()
  await until(() => store.health.check(AbortSignal.timeout(1_000)).then(() => true))
  proxy.set({ blackhole: true })
  await expect(store.health.check(AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'platform.unavailable' })
  proxy.set({})
  proxy.reset()
  await store.close()
  await proxy.close()
})
