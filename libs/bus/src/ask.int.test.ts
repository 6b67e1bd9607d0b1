import { failure, rpc } from '@plinth/contracts'
import { testNats, type TestNats } from '@plinth/testkit'
import { Type } from 'typebox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, answers, type Answer } from './answers.ts'
import type { Bus } from './bus.ts'

let nats: TestNats
let asker: Bus
let gitops: Bus
beforeAll(async () => {
  nats = await testNats()
  ;[asker, gitops] = await Promise.all([nats.bus('provisioning'), nats.bus('gitops')])
})
afterAll(() => nats.close())

const double = rpc({
  service: 'gitops',
  operation: 'double',
  request: Type.Object({ value: Type.Integer() }),
  response: Type.Object({ value: Type.Integer() }),
  timeoutMs: 1_000,
})

async function answering<T>(list: Answer[], work: () => Promise<T>, bus = gitops, instance?: string): Promise<T> {
  const worker = answers(bus, list, instance === undefined ? {} : { instance })
  await worker.start()
  try {
    return await work()
  } finally {
    await worker.stop()
  }
}

test('an answer comes back as its contract says', async () => {
  const list = [answer(double, async ({ value }) => ({ value: value * 2 }))]
  expect(await answering(list, () => asker.ask(double, { value: 21 }))).toEqual({ value: 42 })
})

test('an error of the answerer arrives with its kind, code, detail and problems', async () => {
  const problems = [{ path: '/value', message: 'is odd' }]
  const list = [
    answer(double, () => Promise.reject(failure('gitops.push_refused', { detail: 'main is protected.', problems }))),
  ]
  await expect(answering(list, () => asker.ask(double, { value: 1 }))).rejects.toMatchObject({
    code: 'gitops.push_refused',
    kind: 'forbidden',
    publicDetail: 'main is protected.',
    problems,
  })
})

test('a defect of the answerer tells the asker nothing of its cause', async () => {
  const list = [answer(double, () => Promise.reject(new Error('select secret from table')))]
  const error = await answering(list, () => asker.ask(double, { value: 1 })).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'platform.bug', kind: 'bug' })
  expect(JSON.stringify(error) + String(error)).not.toContain('secret')
})

test('a request that breaks its schema is refused before the handler', async () => {
  let calls = 0
  const list = [answer(double, async () => ({ value: ++calls }))]
  const wrong = JSON.parse('{"value":"three"}') as { value: number }
  await expect(answering(list, () => asker.ask(double, wrong))).rejects.toMatchObject({
    code: 'platform.request_invalid',
    problems: [{ path: '/value' }],
  })
  expect(calls).toBe(0)
})

test('with nobody who answers it is unavailable at once, and not after the timeout', async () => {
  const startedAt = performance.now()
  await expect(asker.ask(double, { value: 1 }, { timeoutMs: 10_000 })).rejects.toMatchObject({
    code: 'platform.unavailable',
  })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('an answer that comes too late is a timeout, and the answerer is told to stop', async () => {
  let told = false
  const list = [
    answer(double, async ({ value }, { signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      told = true
      return { value }
    }),
  ]
  await expect(answering(list, () => asker.ask(double, { value: 1 }, { timeoutMs: 100 }))).rejects.toMatchObject({
    code: 'platform.timeout',
  })
  expect(told).toBe(true)
})

test('an asker who gives up gets his own reason', async () => {
  let finish = (): void => {}
  const list = [answer(double, ({ value }) => new Promise((resolve) => (finish = () => resolve({ value }))))]
  await answering(list, async () => {
    const asked = asker.ask(double, { value: 1 }, { signal: AbortSignal.timeout(50) })
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' })
    finish()
  })
})

test('an instance is asked by its name', async () => {
  const runner = await nats.bus('runner')
  const onRunner = rpc({ ...double, service: 'runner' })
  const list = [answer(onRunner, async ({ value }) => ({ value }))]
  await answering(
    list,
    async () => {
      expect(await asker.ask(onRunner, { value: 7 }, { instance: 'one' })).toEqual({ value: 7 })
      await expect(asker.ask(onRunner, { value: 7 }, { instance: 'two' })).rejects.toMatchObject({
        code: 'platform.unavailable',
      })
    },
    runner,
    'one',
  )
})

test('replicas of a service share its questions', async () => {
  const other = await nats.bus('gitops')
  const seen = { first: 0, second: 0 }
  const first = answers(gitops, [answer(double, async ({ value }) => (seen.first++, { value }))])
  const second = answers(other, [answer(double, async ({ value }) => (seen.second++, { value }))])
  await Promise.all([first.start(), second.start()])
  await Promise.all(Array.from({ length: 60 }, (_, value) => asker.ask(double, { value })))
  await Promise.all([first.stop(), second.stop()])
  expect(seen.first + seen.second).toBe(60)
  expect(Math.min(seen.first, seen.second)).toBeGreaterThan(0)
})
