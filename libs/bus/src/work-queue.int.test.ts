import { testNats, until, type TestNats } from '@plinth/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus } from './bus.ts'
import { workQueue, type WorkPull } from './work-queue.ts'

let nats: TestNats
let pipelines: Bus
beforeEach(async () => {
  nats = await testNats()
  pipelines = await nats.bus('pipelines')
})
afterEach(() => nats.close())

const pull = async (handle: WorkPull['handle'], o: { maxInFlight?: number; tokens?: string[] } = {}) => {
  const { maxInFlight = 2, tokens = ['default'] } = o
  const worker = workQueue(await nats.bus('runner'), 'jobs').pull({ name: 'test', tokens, maxInFlight, handle })
  await worker.start()
  return worker
}

test('each piece of work goes to exactly one of several runners', async () => {
  const queue = workQueue(pipelines, 'jobs')
  await queue.ensure()
  const taken: unknown[] = []
  const handle = async (body: unknown): Promise<void> => void taken.push(body)
  const runners = await Promise.all([pull(handle), pull(handle)])
  for (let n = 0; n < 40; n++) await queue.offer(n % 2 ? 'default' : 'default', `job-${n}`, n)
  await until(() => taken.length >= 40)
  await Promise.all(runners.map((runner) => runner.stop()))
  expect(taken.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 40 }, (_, n) => n))
})

test('the same id offered twice is taken once', async () => {
  const queue = workQueue(pipelines, 'jobs')
  await queue.ensure()
  for (const id of ['a', 'a', 'b']) await queue.offer('default', id, id)
  const taken: unknown[] = []
  const runner = await pull(async (body) => void taken.push(body))
  await until(() => taken.includes('b'))
  await runner.stop()
  expect(taken).toEqual(['a', 'b'])
})

test('work that fails or is given back comes again with the next attempt', async () => {
  const queue = workQueue(pipelines, 'jobs')
  await queue.ensure()
  await queue.offer('default', 'a', {})
  const attempts: number[] = []
  const runner = await pull(async (_body, control) => {
    attempts.push(control.attempt)
    if (control.attempt === 1) return control.nak(1)
    if (control.attempt === 2) throw new Error('the runner stumbled')
  })
  await until(() => attempts.length === 3)
  await runner.stop()
  expect(attempts).toEqual([1, 2, 3])
})

test('a runner has no more in hand than it said', async () => {
  const queue = workQueue(pipelines, 'jobs')
  await queue.ensure()
  for (let n = 0; n < 6; n++) await queue.offer(n % 2 ? 'default' : 'large', `job-${n}`, n)
  let inHand = 0
  let most = 0
  let done = 0
  const runner = await pull(
    async () => {
      most = Math.max(most, ++inHand)
      await until(() => inHand === 2 || done >= 4)
      inHand--
      done++
    },
    { tokens: ['default', 'large'] },
  )
  await until(() => done === 6, { timeoutMs: 15_000 })
  await runner.stop()
  expect(most).toBeLessThanOrEqual(2)
})

test('a runner that starts before the queue exists, or sees it lost, takes work once it is there', async () => {
  const queue = workQueue(pipelines, 'jobs')
  const taken: unknown[] = []
  const runner = await pull(async (body) => void taken.push(body))
  await queue.ensure()
  await queue.offer('default', 'a', 'a')
  await until(() => taken.length === 1, { timeoutMs: 10_000 })
  await nats.kill()
  await nats.wipe()
  await nats.start()
  await queue.offer('default', 'b', 'b')
  await until(() => taken.length === 2, { timeoutMs: 15_000 })
  await runner.stop()
}, 40_000)
