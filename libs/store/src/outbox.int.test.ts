import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError, type OutgoingEvent, type PublishEvents, type Worker } from '@plinth/kernel'
import { fakeClock, quietLogger, tcpProxy, testIdentity, testStore, until, type TestStore } from '@plinth/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendEvent, openStore, outboxRelay, recordAudit, sql, type Store } from './index.ts'
import { killChild, startChild } from './test-support/child.ts'
import { thingMoved } from './test-support/thing.ts'

let kit: TestStore
let workers: Worker[]
const clock = fakeClock('2026-03-01T10:00:00.000Z')

beforeEach(async () => {
  kit = await testStore({ clock })
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await kit.close()
})

const relay = async (publish: PublishEvents, store: Store = kit.store): Promise<Worker> => {
  const worker = outboxRelay(store, publish, quietLogger)
  workers.push(worker)
  await worker.start()
  return worker
}
const append = (entity: string, step: number, store: Store = kit.store): Promise<void> =>
  store.transaction((tx) => appendEvent(tx, thingMoved, { project: 'payments', entity, data: { step } }))
const stepOf = ({ body }: OutgoingEvent): number => (JSON.parse(body) as { data: { step: number } }).data.step
const left = async (): Promise<number> => {
  const [row] = await kit.store.sql<{ count: number }>(sql`select count(*)::int as count from plinth_outbox`)
  return row?.count ?? -1
}

test('a fact and an audit entry leave as CloudEvents, and their rows go after the acknowledgement', async () => {
  const sent: OutgoingEvent[] = []
  await relay(async (events) => void sent.push(...events))
  await kit.store.transaction(async (tx) => {
    await appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_1', data: { step: 1 }, actor: 'user:ana' })
    const entry = { action: 'thing.move', project: 'payments', object: 'thing/thg_1' }
    await recordAudit(tx, 'gitops', testIdentity('user:ana'), entry)
  })
  await until(() => sent.length === 2)
  await until(async () => (await left()) === 0)
  const [fact, audit] = sent.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  expect(sent[0]?.subject).toBe('plinth.gitops.thing.moved.v1.payments.thg_1')
  expect(fact).toEqual({
    specversion: '1.0',
    id: sent[0]?.id,
    source: '/plinth/gitops',
    type: thingMoved.type,
    subject: 'thg_1',
    time: '2026-03-01T10:00:00.000Z',
    datacontenttype: 'application/json',
    plinthproject: 'payments',
    plinthactor: 'user:ana',
    data: { step: 1 },
  })
  expect(audit).toMatchObject({
    type: 'dev.plinth.gitops.audit.recorded.v1',
    data: { actor: 'user:ana', action: 'thing.move', outcome: 'success', requestId: 'req_test' },
  })
})

test('nothing leaves of a transaction that was rolled back', async () => {
  const failing = kit.store.transaction(async (tx) => {
    await appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_1', data: { step: 1 } })
    throw new AppError('conflict', 'test.refused')
  })
  await expect(failing).rejects.toMatchObject({ code: 'test.refused' })
  expect(await left()).toBe(0)
})

test('data that is not what the contract says is refused, and the change with it', async () => {
  const wrong = kit.store.transaction((tx) =>
    appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_1', data: { step: 'one' as unknown as number } }),
  )
  await expect(wrong).rejects.toThrow(/dev\.plinth\.gitops\.thing\.moved\.v1.*\/step/)
  expect(await left()).toBe(0)
})

test('a broker that refuses gets the same ids again, in the same order, and nothing overtakes', async () => {
  const tries: string[][] = []
  await append('thg_1', 1)
  await append('thg_1', 2)
  await relay(async (events) => {
    tries.push(events.map((event) => event.id))
    if (tries.length <= 2) throw new Error('no responders')
  })
  await until(async () => (await left()) === 0)
  expect(tries).toHaveLength(3)
  expect(new Set(tries.map(String)).size).toBe(1)
})

test('of two replicas one relays, and the other takes over when it stops', async () => {
  const other = await openStore({ url: kit.url, applicationName: 'other', logger: quietLogger })
  const sent: string[] = []
  const first = await relay(async () => void sent.push('first'))
  await append('thg_1', 1)
  await until(() => sent.length === 1)
  await relay(async () => void sent.push('other'), other)
  await append('thg_1', 2)
  await until(() => sent.length === 2)
  await first.stop()
  await append('thg_1', 3)
  await until(() => sent.length === 3)
  expect(sent).toEqual(['first', 'first', 'other'])
  await workers.pop()?.stop()
  await other.close()
})

test('order per key holds with concurrent writers and a transaction that outlasts them', async () => {
  const { store } = kit
  await store.sql(sql`create table things (id text primary key, step integer not null)`)
  await store.sql(sql`insert into things select 'thg_' || i, 0 from generate_series(1, 4) i`)
  const sent: OutgoingEvent[] = []
  await relay(async (events) => void sent.push(...events))
  const move = (entity: string): Promise<void> =>
    store.transaction(async (tx) => {
      const { rows } = await tx.execute<{ step: number }>(
        sql`update things set step = step + 1 where id = ${entity} returning step`,
      )
      await appendEvent(tx, thingMoved, { project: 'payments', entity, data: { step: rows[0]?.step ?? -1 } })
    })
  const { promise: enough, resolve: end } = Promise.withResolvers<void>()
  // Takes its transaction id first, writes to thg_1 in the middle of the others' work, commits after them.
  const long = store.transaction(async (tx) => {
    await tx.execute(sql`select pg_current_xact_id()`)
    await enough
    const { rows } = await tx.execute<{ step: number }>(
      sql`update things set step = step + 1 where id = 'thg_1' returning step`,
    )
    await appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_1', data: { step: rows[0]?.step ?? -1 } })
  })
  const writer = async (entity: string): Promise<void> => {
    for (let count = 0; count < 25; count++) {
      await move(entity)
      if (entity === 'thg_1' && count === 12) end()
    }
  }
  await Promise.all(['thg_1', 'thg_1', 'thg_2', 'thg_3', 'thg_4'].map(writer))
  await long
  await until(() => sent.length === 126, { what: '126 facts' })
  for (const [entity, count] of [
    ['thg_1', 51],
    ['thg_2', 25],
    ['thg_3', 25],
    ['thg_4', 25],
  ] as const) {
    const steps = sent.filter(({ key }) => key === `payments/${entity}`).map(stepOf)
    expect(steps).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  }
})

test('a transaction that stays open in another database of the server holds nothing back', async () => {
  const elsewhere = await testStore({ clock })
  const { promise: enough, resolve: end } = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const long = elsewhere.store.transaction(async (tx) => {
    await tx.execute(sql`select pg_current_xact_id()`)
    begun.resolve()
    await enough
  })
  await begun.promise
  const sent: number[] = []
  await relay(async (events) => void sent.push(...events.map(stepOf)))
  for (let step = 1; step <= 3; step++) await append('thg_1', step)
  await until(() => sent.length === 3)
  expect(sent).toEqual([1, 2, 3])
  end()
  await long
  await elsewhere.close()
})

test('a relay that is killed again and again loses nothing and doubles nothing but under the same id, in order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-relay-'))
  const file = join(folder, 'published')
  // Written as long as relays are killed: each of them must find something to publish.
  let total = 0
  let isKilling = true
  const writing = (async () => {
    while (isKilling || total < 1_500) {
      total++
      await append(`thg_${total % 3}`, total)
    }
  })()
  for (let kills = 0; kills < 4; kills++) {
    const child = await startChild('relay-process.ts', 'ready', kit.url, file)
    const before = (await readFile(file, 'utf8').catch(() => '')).length
    await until(async () => (await readFile(file, 'utf8').catch(() => '')).length > before, { timeoutMs: 10_000 })
    await killChild(child)
  }
  isKilling = false
  await writing
  const last = await startChild('relay-process.ts', 'ready', kit.url, file)
  await until(async () => (await left()) === 0, { timeoutMs: 15_000 })
  await killChild(last)
  const seen = new Map<string, { key: string; step: number }>()
  for (const line of (await readFile(file, 'utf8')).trimEnd().split('\n')) {
    const [id = '', key = '', step = ''] = line.split(' ')
    if (!seen.has(id)) seen.set(id, { key, step: Number(step) }) // what the broker's deduplication leaves
  }
  const facts = [...seen.values()]
  expect(facts.map(({ step }) => step).sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, i) => i + 1))
  for (const entity of ['thg_0', 'thg_1', 'thg_2']) {
    const steps = facts.filter(({ key }) => key === `payments/${entity}`).map(({ step }) => step)
    expect(steps).toEqual([...steps].sort((a, b) => a - b))
  }
  await rm(folder, { recursive: true })
}, 60_000)

test('a relay whose connection is reset under it goes on with a new one', async () => {
  const proxy = await tcpProxy(kit.url)
  const through = await openStore({ url: proxy.through(kit.url), applicationName: 'through', logger: quietLogger })
  const steps: number[] = []
  const worker = await relay(async (events) => void steps.push(...events.map(stepOf)), through)
  for (let step = 1; step <= 5; step++) {
    await append('thg_1', step)
    await until(() => steps.includes(step))
    proxy.reset()
  }
  await until(async () => (await left()) === 0)
  expect([...new Set(steps)]).toEqual([1, 2, 3, 4, 5])
  await worker.stop()
  await through.close()
  await proxy.close()
})

test('stop publishes what is there, then nothing more', async () => {
  const sent: OutgoingEvent[] = []
  const worker = await relay(async (events) => void sent.push(...events))
  await kit.store.transaction(async (tx) => {
    for (let step = 1; step <= 1_200; step++) {
      await appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_1', data: { step } })
    }
  })
  await worker.stop()
  expect(sent.map(stepOf)).toEqual(Array.from({ length: 1_200 }, (_, index) => index + 1))
  await append('thg_1', 1_201)
  expect(sent).toHaveLength(1_200)
  expect(await left()).toBe(1)
})
