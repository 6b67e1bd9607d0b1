import { repositoryPushed } from '@plinth/contracts'
import type { Worker } from '@plinth/kernel'
import { quietLogger, testNats, until, type TestNats } from '@plinth/testkit'
import { connect } from 'nats'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus } from './bus.ts'
import { listener, on, type ListenerOptions } from './listener.ts'
import { memoryInbox, outgoing, type Effects, type MemoryInbox } from './test-parts.ts'

let nats: TestNats
let gitops: Bus
let pipelines: Bus
let inbox: MemoryInbox
let workers: Worker[]

beforeEach(async () => {
  nats = await testNats()
  gitops = await nats.bus('gitops')
  pipelines = await nats.bus('pipelines')
  inbox = memoryInbox()
  workers = []
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await nats.close()
})

const note = on(repositoryPushed, async (tx: Effects, event) => tx.effect(event.id))

async function listen(reaction = note, more: Partial<ListenerOptions<Effects>> = {}, bus = pipelines): Promise<Worker> {
  const options = { consumer: 'pipelines', inbox, logger: quietLogger, on: [reaction], retryBaseMs: 5, ...more }
  const worker = listener(bus, options)
  workers.push(worker)
  await worker.start()
  return worker
}

test('a listener that starts before the stream exists gets every event once it does', async () => {
  await listen()
  await gitops.ensureStream('gitops')
  await gitops.publish([outgoing('a', 'ledger'), outgoing('b', 'ledger')])
  await until(() => inbox.effects.length === 2)
  expect(inbox.effects).toEqual(['a', 'b'])
})

test('an event published twice has its effect once, even when the broker stores it twice', async () => {
  await gitops.ensureStream('gitops')
  const event = outgoing('a', 'ledger')
  await gitops.publish([event, event])
  const raw = await connect({ servers: nats.url, user: 'test', pass: 'test' })
  await raw.jetstream().publish(event.subject, event.body)
  await raw.close()
  await gitops.publish([outgoing('end', 'ledger')])
  await listen()
  await until(() => inbox.effects.includes('end'))
  expect(inbox.effects).toEqual(['a', 'end'])
})

test('events of one entity keep their order while others overtake a slow or failing one', async () => {
  await gitops.ensureStream('gitops')
  let tries = 0
  const reaction = on(repositoryPushed, async (tx: Effects, event) => {
    if (event.id === 'slow-1') {
      await until(() => inbox.effects.includes('fast-2'))
      if (++tries < 3) throw new Error('not yet')
    }
    tx.effect(event.id)
  })
  await listen(reaction, { parallelMax: 2 })
  const events = [outgoing('slow-1', 's'), outgoing('slow-2', 's'), outgoing('fast-1', 'f'), outgoing('fast-2', 'f')]
  for (const event of events) await gitops.publish([event])
  await until(() => inbox.effects.length === 4)
  expect(inbox.effects).toEqual(['fast-1', 'fast-2', 'slow-1', 'slow-2'])
  expect(tries).toBe(3)
})

test('an event that fails five times is buried with its cause, and the next of its entity goes on', async () => {
  await gitops.ensureStream('gitops')
  const attempts: number[] = []
  const reaction = on(repositoryPushed, async (tx: Effects, event) => {
    if (event.id === 'bad') {
      attempts.push(event.attempt)
      throw new Error('the handler does not like it')
    }
    tx.effect(event.id)
  })
  await listen(reaction)
  await gitops.publish([outgoing('bad', 'ledger'), outgoing('good', 'ledger')])
  await until(() => inbox.effects.includes('good'))
  expect(attempts).toEqual([1, 2, 3, 4, 5])
  expect(inbox.buried).toEqual([{ eventId: 'bad', error: 'Error: the handler does not like it' }])
  await expectNothingPending()
})

test('an event that breaks its schema, or is no JSON, is buried at once and never handled', async () => {
  await gitops.ensureStream('gitops')
  await gitops.publish([outgoing('wrong', 'ledger', { data: { project: 7 } })])
  const { subject } = outgoing('x', 'ledger')
  await gitops.publish([{ id: 'garbage', key: 'k', subject, body: '{nonsense' }])
  await gitops.publish([{ id: 'naked', key: 'k', subject, body: '{}' }, outgoing('good', 'ledger')])
  await listen()
  await until(() => inbox.effects.includes('good'))
  expect(inbox.buried.map(({ eventId }) => eventId)).toEqual(['wrong', 'garbage', 'naked'])
  expect(inbox.buried[0]?.error).toContain('/project')
  await expectNothingPending()
})

test('events of a type that nobody listens to are acknowledged', async () => {
  await gitops.ensureStream('gitops')
  await gitops.publish([{ id: 'o', key: 'k', subject: 'plinth.gitops.tag.created.v1.payments.x', body: '{}' }])
  await listen()
  await expectNothingPending()
})

test('a process that dies before its ack gets the event again elsewhere, and the effect stays one', async () => {
  await gitops.ensureStream('gitops')
  await gitops.publish([outgoing('a', 'ledger')])
  // The first process takes effect and then stops for good before it can acknowledge.
  const dying = await nats.bus('pipelines')
  let died = (): void => {}
  const hang = new Promise<void>((resolve) => (died = resolve))
  const stuck = {
    ...inbox,
    once: async (...call: Parameters<typeof inbox.once>) => (await inbox.once(...call), await hang, 'done' as const),
  }
  const first = await listen(note, { inbox: stuck, ackWaitMs: 600 }, dying)
  await until(() => inbox.effects.length === 1)
  const stopped = first.stop()
  await dying.close()
  let deliveries = 0
  const counting = {
    ...inbox,
    once: async (...call: Parameters<typeof inbox.once>) => {
      deliveries = call[1].attempt
      return inbox.once(...call)
    },
  }
  await listen(note, { inbox: counting, ackWaitMs: 600 })
  await until(() => deliveries === 2)
  await expectNothingPending()
  expect(inbox.effects).toEqual(['a'])
  died()
  await stopped
})

test('a handler that takes longer than the time to ack still runs once', async () => {
  await gitops.ensureStream('gitops')
  let runs = 0
  const reaction = on(repositoryPushed, async (tx: Effects, event) => {
    runs++
    const startedAt = performance.now()
    await until(() => performance.now() - startedAt > 1_500)
    tx.effect(event.id)
  })
  await listen(reaction, { ackWaitMs: 500 })
  await gitops.publish([outgoing('a', 'ledger')])
  await until(() => inbox.effects.length === 1)
  await expectNothingPending()
  expect(runs).toBe(1)
})

test('a listener survives a restart of the broker, and the loss of all that it stored', async () => {
  await gitops.ensureStream('gitops')
  await listen()
  await gitops.publish([outgoing('a', 'ledger')])
  await until(() => inbox.effects.length === 1)

  await nats.kill()
  await nats.start()
  await gitops.publish([outgoing('b', 'ledger')])
  await until(() => inbox.effects.length === 2, { timeoutMs: 15_000 })

  await nats.kill()
  await nats.wipe()
  await nats.start()
  // What the owner still has in its outbox or publishes again arrives; what was known has no second effect.
  await gitops.publish([outgoing('a', 'ledger'), outgoing('b', 'ledger'), outgoing('c', 'ledger')])
  await until(() => inbox.effects.length === 3, { timeoutMs: 15_000 })
  expect(inbox.effects).toEqual(['a', 'b', 'c'])
}, 40_000)

async function expectNothingPending(timeoutMs = 5_000): Promise<void> {
  const admin = await connect({ servers: nats.url, user: 'test', pass: 'test' })
  const jsm = await admin.jetstreamManager()
  await until(
    async () => {
      const info = await jsm.consumers.info('PLINTH_GITOPS', 'pipelines')
      return info.num_ack_pending === 0 && info.num_pending === 0
    },
    { timeoutMs },
  )
  await admin.close()
}
