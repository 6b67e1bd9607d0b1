import { failure } from '@plinth/contracts'
import { describe, expect, test } from 'vitest'
import type { Client } from './index.ts'
import { clientFor, counting, scripted, start, type Calls, type routes } from './test-support/service.ts'

describe('a repeat', () => {
  const flaky = (failures: number, seen: string[] = []) =>
    scripted((request, response, call) => {
      seen.push(`${request.method} ${String(request.headers['idempotency-key'] ?? '-')}`)
      if (call <= failures) response.writeHead(503, { 'retry-after': '0' }).end()
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"name":"x","tags":[]}')
    })

  test('is made for a GET', async () => {
    expect(await clientFor(await flaky(2)).getThing({ params: { thing: 'a' } })).toEqual({ name: 'x', tags: [] })
  })

  test('is made for a POST with an idempotency key, with the same key', async () => {
    const seen: string[] = []
    await clientFor(await flaky(1, seen)).createThing({ body: { name: 'x' }, idempotencyKey: 'k1' })
    expect(seen).toEqual(['POST k1', 'POST k1'])
  })

  test('is not made for a POST without one', async () => {
    const seen: string[] = []
    await expect(clientFor(await flaky(1, seen)).createThing({ body: { name: 'x' } })).rejects.toMatchObject({
      status: 503,
    })
    expect(seen).toHaveLength(1)
  })

  test('is made twice at most', async () => {
    const seen: string[] = []
    await expect(clientFor(await flaky(9, seen)).getThing({ params: { thing: 'a' } })).rejects.toMatchObject({
      status: 503,
    })
    expect(seen).toHaveLength(3)
  })

  test('waits as long as Retry-After says', async () => {
    const url = await scripted((_request, response, call) => {
      if (call === 1) response.writeHead(503, { 'retry-after': '1' }).end()
      else response.end('{}')
    })
    const startedAt = performance.now()
    await clientFor(url).getThing({ params: { thing: 'a' } })
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(990)
  })
})

describe('a stream', () => {
  const counts = async (client: Client<typeof routes>, signal?: AbortSignal, max = 100): Promise<number[]> => {
    const seen: number[] = []
    for await (const { data } of client.followThings(signal === undefined ? {} : { signal })) {
      seen.push(data.count)
      if (seen.length === max) break
    }
    return seen
  }

  test('ends when the service says that there is no more', async () => {
    expect(await counts(clientFor((await start()).url))).toEqual([1, 2, 3])
  })

  test('goes on after the last event when its service was restarted', async () => {
    const endless = (from: number) =>
      (async function* (): AsyncGenerator<{ id: string; data: { count: number } }> {
        yield* counting(from, from + 1)
        await new Promise<never>(() => {})
      })()
    const follow: Calls['followThings'] = async ({ headers }) => endless(Number(headers['last-event-id'] ?? 0) + 1)
    const first = await start({ followThings: follow })
    const port = Number(new URL(first.url).port)
    const seen: number[] = []
    for await (const { data } of clientFor(first.url).followThings()) {
      seen.push(data.count)
      if (seen.length === 2) {
        await first.close()
        await start({ followThings: follow }, port)
      }
      if (seen.length === 4) break
    }
    expect(seen).toEqual([1, 2, 3, 4])
  })

  test('goes on after the last event when the connection breaks within one', async () => {
    const asked: (string | undefined)[] = []
    const url = await scripted((request, response, call) => {
      asked.push(request.headers['last-event-id'] as string | undefined)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (call === 1)
        response.write('retry: 10\n\nid: 1\ndata: {"count":1}\n\nid: 2\ndata: {"cou', () => response.destroy())
      else response.end('id: 2\ndata: {"count":2}\n\nevent: end\ndata: null\n\n')
    })
    expect(await counts(clientFor(url))).toEqual([1, 2])
    expect(asked).toEqual([undefined, '1'])
  })

  test('that may not be followed fails at once', async () => {
    const client = clientFor((await start({ followThings: () => Promise.reject(failure('platform.not_found')) })).url)
    await expect(counts(client)).rejects.toMatchObject({ status: 404, code: 'platform.not_found' })
  })

  test('that fails in its middle for the caller’s fault is not opened again', async () => {
    const failing = async function* (): AsyncGenerator<{ id: string; data: { count: number } }> {
      yield* counting(1, 1)
      throw failure('platform.cursor_invalid')
    }
    await expect(counts(clientFor((await start({ followThings: async () => failing() })).url))).rejects.toMatchObject({
      code: 'platform.cursor_invalid',
    })
  })

  test('ends when its signal aborts, and the service lets go of the source', async () => {
    let released = false
    const source = async function* (signal: AbortSignal): AsyncGenerator<{ id: string; data: { count: number } }> {
      try {
        yield* counting(1, 1)
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      } finally {
        released = true
      }
    }
    const controller = new AbortController()
    const { url } = await start({ followThings: async ({ signal }) => source(signal) })
    for await (const { data } of clientFor(url).followThings({ signal: controller.signal })) {
      expect(data.count).toBe(1)
      controller.abort()
    }
    await expect.poll(() => released).toBe(true)
  })
})
