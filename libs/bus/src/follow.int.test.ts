import { policyChanged, repositoryPushed } from '@plinth/contracts'
import { testNats, until, type TestNats } from '@plinth/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bus, FollowOptions } from './bus.ts'
import { outgoing } from './test-parts.ts'

let nats: TestNats
let gitops: Bus
let authorization: Bus
let gateway: Bus
let open: AbortController[]
beforeEach(async () => {
  nats = await testNats()
  ;[gitops, authorization, gateway] = await Promise.all([
    nats.bus('gitops'),
    nats.bus('authorization'),
    nats.bus('gateway'),
  ])
  await Promise.all([gitops.ensureStream('gitops'), authorization.ensureStream('authorization')])
  open = []
})
afterEach(async () => {
  for (const controller of open) controller.abort()
  await nats.close()
})

type Reader = { ids: string[]; cursors: string[]; stop(): Promise<void> }

function read(options: Omit<FollowOptions, 'signal'>): Reader {
  const controller = new AbortController()
  open.push(controller)
  const ids: string[] = []
  const cursors: string[] = []
  const reading = (async () => {
    for await (const { event, cursor } of gateway.follow({ ...options, signal: controller.signal })) {
      ids.push(event.id)
      cursors.push(cursor)
    }
  })()
  const stop = async (): Promise<void> => {
    controller.abort()
    await reading
  }
  return { ids, cursors, stop }
}

const sources = ['gitops', 'authorization'] as const
const pushed = (id: string, project = 'payments') => outgoing(id, 'ledger', { spec: repositoryPushed, project })
const changed = (id: string) => outgoing(id, 'policy', { spec: policyChanged })

/** A reader with a cursor of the very beginning: what it would have had before the first event. */
async function readFromStart(): Promise<{ reader: Reader; start: string }> {
  const reader = read({ sources })
  await until(async () => {
    if (reader.ids.length > 0) return true
    await gitops.publish([pushed(`start-${Math.random()}`)])
    return false
  })
  return { reader, start: reader.cursors[0] ?? '' }
}

test('a reader that comes back with its cursor has neither gap nor repeat, over all sources', async () => {
  const { reader, start } = await readFromStart()
  await reader.stop()
  const expected: string[] = []
  for (let n = 0; n < 40; n++) {
    await (n % 3 === 0 ? authorization.publish([changed(`e${n}`)]) : gitops.publish([pushed(`e${n}`)]))
    expected.push(`e${n}`)
  }
  const seen: string[] = []
  let cursor = start
  // In steps: a new reader each time, from where the last one was cut off.
  while (seen.filter((id) => id.startsWith('e')).length < expected.length) {
    const step = read({ sources, fromSequence: cursor })
    await until(() => step.ids.length > 0)
    await step.stop()
    seen.push(...step.ids)
    cursor = step.cursors.at(-1) ?? cursor
  }
  const ours = seen.filter((id) => id.startsWith('e'))
  expect(ours.toSorted()).toEqual(expected.toSorted())
})

test('a broker that restarts costs a reader neither gap nor repeat', async () => {
  const { reader } = await readFromStart()
  await gitops.publish([pushed('a')])
  await nats.kill()
  await nats.start()
  await gitops.publish([pushed('b')])
  await until(() => reader.ids.includes('b'), { timeoutMs: 15_000 })
  expect(reader.ids.filter((id) => !id.startsWith('start'))).toEqual(['a', 'b'])
}, 30_000)

test('a reader goes on with a stream that was made anew after a loss', async () => {
  const { reader } = await readFromStart()
  await nats.kill()
  await nats.wipe()
  await nats.start()
  await gitops.publish([pushed('after')])
  await until(() => reader.ids.includes('after'), { timeoutMs: 15_000 })
}, 30_000)

test('a slow reader gets a backlog of many events whole and in order', async () => {
  const { reader, start } = await readFromStart()
  await reader.stop()
  const events = Array.from({ length: 3_000 }, (_, n) => pushed(`e${n}`))
  await gitops.publish(events.map((event, n) => ({ ...event, key: `k${n % 50}` })))
  const slow = read({ sources, fromSequence: start })
  await until(() => slow.ids.filter((id) => id.startsWith('e')).length === 3_000, { timeoutMs: 15_000 })
  expect(new Set(slow.ids).size).toBe(slow.ids.length)
}, 30_000)

test('a filter lets only its subjects through, whatever the source', async () => {
  const { start, reader } = await readFromStart()
  await reader.stop()
  await gitops.publish([pushed('mine', 'orders'), pushed('other')])
  const filtered = read({ sources, fromSequence: start, filter: 'plinth.*.*.*.*.orders.>' })
  await until(() => filtered.ids.length > 0)
  expect(filtered.ids).toEqual(['mine'])
})

test('a cursor that nobody gave out is refused', async () => {
  for (const fromSequence of ['nonsense', '', '../..', 'Z2l0b3Bz']) {
    const followed = gateway.follow({ sources, fromSequence, signal: AbortSignal.timeout(5_000) })
    const reading = followed[Symbol.asyncIterator]()
    await expect(reading.next()).rejects.toMatchObject({ code: 'platform.cursor_invalid' })
  }
})
