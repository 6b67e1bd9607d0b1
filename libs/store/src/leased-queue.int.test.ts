import type { Worker } from '@plinth/kernel'
import { quietLogger, tcpProxy, testStore, until, type TestStore } from '@plinth/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { enqueue, leasedQueue, openStore, sql, type QueueOptions, type Store } from './index.ts'
import { killChild, startChild } from './test-support/child.ts'

let kit: TestStore
let workers: Worker[] = []
beforeAll(async () => {
  kit = await testStore()
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  workers = []
})
afterAll(() => kit.close())

const work = async (
  options: Partial<QueueOptions> & Pick<QueueOptions, 'name' | 'handle'>,
  store: Store = kit.store,
) => {
  const worker = leasedQueue(store, { concurrency: 4, logger: quietLogger, ...options })
  workers.push(worker)
  await worker.start()
  return worker
}
const rowsOf = (name: string) =>
  kit.store.sql<{ key: string; running: boolean; attempt: number; last_error: string | null }>(
    sql`select key, token is not null as running, attempt, last_error from plinth_work_queue where queue = ${name}`,
  )
const pauseMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('work enqueued in a transaction starts right after its commit, and not when it is rolled back', async () => {
  const ran: string[] = []
  await work({ name: 'commit', handle: async (key) => (ran.push(key), 'done') })
  await kit.store
    .transaction(async (tx) => {
      await enqueue(tx, 'commit', 'never')
      throw new Error('rolled back')
    })
    .catch(() => undefined)
  await kit.store.transaction((tx) => enqueue(tx, 'commit', 'a'))
  await until(() => ran.length === 1, { timeoutMs: 1_000 })
  await until(async () => (await rowsOf('commit')).length === 0)
  expect(ran).toEqual(['a'])
})

test('no key runs twice at once, over two replicas that are asked again and again', async () => {
  const replica = await openStore({ url: kit.url, applicationName: 'replica', logger: quietLogger })
  const running = new Set<string>()
  const counts = new Map<string, number>()
  let overlaps = 0
  const handle: QueueOptions['handle'] = async (key) => {
    if (running.has(key)) overlaps++
    running.add(key)
    await pauseMs(3)
    running.delete(key)
    counts.set(key, (counts.get(key) ?? 0) + 1)
    return 'done'
  }
  await work({ name: 'twice', handle })
  const other = await work({ name: 'twice', handle }, replica)
  for (let round = 0; round < 30; round++) {
    await Promise.all(Array.from({ length: 8 }, (_, index) => enqueue(kit.store.db, 'twice', `key-${index}`)))
  }
  await until(async () => (await rowsOf('twice')).length === 0)
  expect(overlaps).toBe(0)
  expect(counts.size).toBe(8)
  await other.stop()
  await replica.close()
})

test('a key enqueued while it runs, runs once more afterwards and sees what was committed before', async () => {
  const seen: number[] = []
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  let version = 1
  await work({
    name: 'again',
    handle: async () => {
      seen.push(version)
      if (seen.length === 1) await mayEnd
      return 'done'
    },
  })
  await enqueue(kit.store.db, 'again', 'a')
  await until(() => seen.length === 1)
  version = 2
  for (let wish = 0; wish < 5; wish++) await enqueue(kit.store.db, 'again', 'a')
  end()
  await until(async () => (await rowsOf('again')).length === 0)
  expect(seen).toEqual([1, 2])
})

test('the key of a killed worker runs elsewhere within 10 seconds', async () => {
  await enqueue(kit.store.db, 'killed', 'a')
  const child = await startChild('queue-process.ts', 'running a', kit.url, 'killed')
  await killChild(child)
  const started = performance.now()
  const ran: string[] = []
  await work({ name: 'killed', handle: async (key, { attempt }) => (ran.push(`${key} ${attempt}`), 'done') })
  await until(() => ran.length === 1, { timeoutMs: 10_000 })
  expect(performance.now() - started).toBeLessThan(10_000)
  expect(ran).toEqual(['a 2'])
})

test('a heartbeat keeps the key of a run that takes longer than the lease', async () => {
  const replica = await openStore({ url: kit.url, applicationName: 'replica', logger: quietLogger })
  let starts = 0
  const handle: QueueOptions['handle'] = async () => {
    starts++
    await pauseMs(1_500)
    return 'done'
  }
  await work({ name: 'long', leaseMs: 500, handle })
  const other = await work({ name: 'long', leaseMs: 500, handle }, replica)
  await enqueue(kit.store.db, 'long', 'a')
  await until(async () => starts > 0 && (await rowsOf('long')).length === 0)
  expect(starts).toBe(1)
  await other.stop()
  await replica.close()
})

test('a worker that is cut off is told before its lease ends, and its writes are fenced off', async () => {
  const proxy = await tcpProxy(kit.url)
  const cut = await openStore({ url: proxy.through(kit.url), applicationName: 'cut', logger: quietLogger })
  const events: string[] = []
  const handle: QueueOptions['handle'] = async (_key, { signal, fence }) => {
    events.push('first started')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    events.push('first aborted')
    await until(() => events.includes('second done'))
    await kit.store.transaction((tx) => fence(tx)).catch((error: Error) => events.push(error.message))
    return 'done'
  }
  const first = await work({ name: 'fenced', leaseMs: 1_000, handle }, cut)
  await enqueue(kit.store.db, 'fenced', 'a')
  await until(() => events.length === 1)
  proxy.set({ blackhole: true })
  await work({ name: 'fenced', leaseMs: 1_000, handle: async () => (events.push('second done'), 'done') })
  await until(() => events.length === 4, { timeoutMs: 10_000 })
  expect(events).toEqual([
    'first started',
    'first aborted',
    'second done',
    'platform.conflict: Another worker has taken this over.',
  ])
  proxy.set({})
  proxy.reset()
  await first.stop()
  await cut.close()
  await proxy.close()
})

test('a failing key is tried again with backoff, counting, and others are not held up by it', async () => {
  const attempts: number[] = []
  const others: string[] = []
  await work({
    name: 'failing',
    concurrency: 1,
    handle: async (key, { attempt }) => {
      if (key !== 'bad') return (others.push(key), 'done')
      attempts.push(attempt)
      if (attempt < 3) throw new Error('not yet')
      return 'done'
    },
  })
  await enqueue(kit.store.db, 'failing', 'bad')
  await until(() => attempts.length === 1)
  await Promise.all(['a', 'b', 'c'].map((key) => enqueue(kit.store.db, 'failing', key)))
  await until(() => others.length === 3)
  await until(async () => (await rowsOf('failing')).length === 0)
  expect(attempts).toEqual([1, 2, 3])
})

test('a run that asks for another comes again after that time, from attempt 1', async () => {
  const seen: number[] = []
  await work({
    name: 'later',
    handle: async (_, { attempt }) => (seen.push(attempt), seen.length < 3 ? { againInMs: 20 } : 'done'),
  })
  await enqueue(kit.store.db, 'later', 'a')
  await until(() => seen.length === 3)
  expect(seen).toEqual([1, 1, 1])
})

test('a delayed wish waits, and an undelayed one for the same key brings it forward', async () => {
  const ran: string[] = []
  await work({ name: 'delayed', handle: async (key) => (ran.push(key), 'done') })
  await enqueue(kit.store.db, 'delayed', 'a', { delayMs: 60_000 })
  await enqueue(kit.store.db, 'delayed', 'b')
  await until(() => ran.length === 1)
  expect(ran).toEqual(['b'])
  await enqueue(kit.store.db, 'delayed', 'a')
  await until(() => ran.length === 2)
})

test('stop aborts what does not end by itself and leaves its key free at once', async () => {
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  const worker = await work({
    name: 'stopped',
    handle: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          resolve()
          reject(new Error('interrupted'))
        })
      }),
  })
  await enqueue(kit.store.db, 'stopped', 'a')
  await until(async () => (await rowsOf('stopped'))[0]?.running === true)
  await worker.stop()
  await aborted
  expect(await rowsOf('stopped')).toMatchObject([{ key: 'a', running: false, attempt: 0 }])
})
