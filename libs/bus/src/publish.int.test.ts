import { quietLogger, testNats, until, type TestNats } from '@plinth/testkit'
import { connect } from 'nats'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus } from './bus.ts'
import { outgoing } from './test-parts.ts'

let nats: TestNats
let bus: Bus
beforeEach(async () => {
  nats = await testNats()
  bus = await nats.bus('gitops', quietLogger)
  await bus.ensureStream('gitops')
})
afterEach(() => nats.close())

async function stored(): Promise<string[]> {
  const raw = await connect({ servers: nats.url, user: 'test', pass: 'test' })
  const jsm = await raw.jetstreamManager()
  const { state } = await jsm.streams.info('PLINTH_GITOPS')
  const ids: string[] = []
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    ids.push((await jsm.streams.getMessage('PLINTH_GITOPS', { seq })).header.get('Nats-Msg-Id'))
  }
  await raw.close()
  return ids
}

test('a batch is stored whole, and in order for each key', async () => {
  const events = Array.from({ length: 300 }, (_, n) => outgoing(`e${n}`, `entity-${n % 7}`))
  await bus.publish(events)
  const ids = await stored()
  expect(ids).toHaveLength(300)
  for (let key = 0; key < 7; key++) {
    const ofKey = (all: string[]): string[] => all.filter((id) => Number(id.slice(1)) % 7 === key)
    expect(ofKey(ids)).toEqual(ofKey(events.map(({ id }) => id)))
  }
})

test('publishing goes on over kills of the broker, and nothing is lost, doubled or reordered', async () => {
  const sent: string[] = []
  const over = new AbortController()
  // Batch after batch for as long as the broker is being killed, so that a kill always meets a publish in flight.
  const publishing = (async () => {
    while (!over.signal.aborted) {
      const batch = Array.from({ length: 200 }, (_, n) => outgoing(`e${sent.length + n}`, `entity-${n % 5}`))
      sent.push(...batch.map(({ id }) => id))
      await bus.publish(batch)
    }
  })()
  for (const mark of [1_000, 3_000, 5_000]) {
    await until(() => sent.length > mark, { timeoutMs: 15_000 })
    await nats.kill()
    await nats.start()
  }
  over.abort()
  await publishing
  const ids = await stored()
  expect(ids.toSorted()).toEqual(sent.toSorted())
  for (let key = 0; key < 5; key++) {
    const numbers = ids.map((id) => Number(id.slice(1))).filter((n) => n % 5 === key)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  }
}, 40_000)

test('a stream that the broker has lost is made again by the publisher', async () => {
  await bus.publish([outgoing('a', 'x')])
  const raw = await connect({ servers: nats.url, user: 'test', pass: 'test' })
  await (await raw.jetstreamManager()).streams.delete('PLINTH_GITOPS')
  await raw.close()
  await bus.publish([outgoing('b', 'x')])
  expect(await stored()).toEqual(['b'])
})

test('health fails within its time when the broker goes silent, and mends by itself', async () => {
  await bus.health.check(AbortSignal.timeout(5_000))
  nats.signal('SIGSTOP')
  // The signal needs a moment to stop every thread of the broker.
  const failed = await until(() =>
    bus.health.check(AbortSignal.timeout(5_000)).then(
      () => undefined,
      (error: unknown) => error,
    ),
  )
  expect(failed).toMatchObject({ code: 'platform.timeout' })
  nats.signal('SIGCONT')
  await bus.health.check(AbortSignal.timeout(5_000))
})

test('an event that is larger than the broker takes is refused at once', async () => {
  const event = { ...outgoing('big', 'x'), body: 'x'.repeat(9_000_000) }
  await expect(bus.publish([event])).rejects.toMatchObject({ code: 'platform.body_too_large' })
})
