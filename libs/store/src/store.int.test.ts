import { event } from '@plinth/contracts'
import { AppError, type OutgoingEvent } from '@plinth/kernel'
import { quietLogger, testIdentity, testStore, until, type TestStore } from '@plinth/testkit'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { appendEvent, enqueue, leasedQueue, outboxRelay, recordAudit, sql } from './index.ts'

const thingMoved = event({
  type: 'dev.plinth.gitops.thing.moved.v1',
  summary: 'A thing moved',
  data: Type.Object({ step: Type.Integer() }),
  example: { step: 1 },
})

let kit: TestStore
beforeAll(async () => {
  kit = await testStore()
})
afterAll(() => kit.close())

test('a fact and an audit entry leave as CloudEvents, right after their commit', async () => {
  const { store } = kit
  const sent: OutgoingEvent[] = []
  const relay = outboxRelay(store, async (events) => void sent.push(...events), quietLogger)
  await relay.start()
  await store.transaction(async (tx) => {
    await appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_1', data: { step: 1 }, actor: 'user:ana' })
    await recordAudit(tx, 'gitops', testIdentity('user:ana'), {
      action: 'thing.move',
      project: 'payments',
      object: 'thing/thg_1',
    })
  })
  await until(() => sent.length === 2)
  await relay.stop()
  const [fact, audit] = sent.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  expect(sent[0]?.subject).toBe('plinth.gitops.thing.moved.v1.payments.thg_1')
  expect(fact).toMatchObject({
    specversion: '1.0',
    id: sent[0]?.id,
    type: thingMoved.type,
    plinthproject: 'payments',
    plinthactor: 'user:ana',
    data: { step: 1 },
  })
  expect(audit).toMatchObject({
    type: 'dev.plinth.gitops.audit.recorded.v1',
    data: { actor: 'user:ana', action: 'thing.move', outcome: 'success' },
  })
  expect(await store.sql(sql`select 1 from plinth_outbox`)).toEqual([])
})

test('nothing leaves of a transaction that was rolled back', async () => {
  const { store } = kit
  const failing = store.transaction(async (tx) => {
    await appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_2', data: { step: 1 } })
    throw new AppError('conflict', 'test.refused')
  })
  await expect(failing).rejects.toMatchObject({ code: 'test.refused' })
  expect(await store.sql(sql`select 1 from plinth_outbox`)).toEqual([])
})

test('data that is not what the contract says is refused, and the change with it', async () => {
  const wrong = kit.store.transaction((tx) =>
    appendEvent(tx, thingMoved, { project: 'payments', entity: 'thg_3', data: { step: 'one' as unknown as number } }),
  )
  await expect(wrong).rejects.toThrow(/dev\.plinth\.gitops\.thing\.moved\.v1.*\/step/)
})

test('work enqueued in a transaction runs after its commit', async () => {
  const ran: string[] = []
  const queue = leasedQueue(kit.store, {
    name: 'smoke',
    concurrency: 2,
    logger: quietLogger,
    handle: async (key) => (ran.push(key), 'done'),
  })
  await queue.start()
  await kit.store.transaction((tx) => enqueue(tx, 'smoke', 'a'))
  await until(() => ran.length === 1)
  await queue.stop()
  expect(await kit.store.sql(sql`select 1 from plinth_work_queue`)).toEqual([])
})
