import { backoffMs, pause } from '@plinth/kernel'
import { eventParser, type RawEvent } from './event-parser.ts'
import { PlinthError, problemError } from './plinth-error.ts'
import type { StreamEvent } from './types.ts'

/** Opens the stream, after the event with this id where there is one; throws PlinthError. */
export type Connect = (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>

/** The service sends a comment every 15 s: three missed ones mean that the connection is dead. */
const silenceMaxMs = 45_000

/**
 * Events until the service says that there are no more, the signal aborts or the caller stops. A connection that
 * breaks is opened again after the last event that was seen; only what no repeat can mend is thrown.
 */
export async function* eventStream(connect: Connect, signal?: AbortSignal): AsyncGenerator<StreamEvent> {
  let lastEventId: string | undefined
  let retryMs = 500
  const stopped = (): boolean => signal?.aborted === true
  for (let failures = 1; !stopped(); failures++) {
    const connection = new AbortController()
    const stop = (): void => connection.abort()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      const response = await connect(lastEventId, connection.signal)
      // WHATWG HTML: 204 tells a client to stop connecting.
      if (response.status === 204 || response.body === null) return
      for await (const item of eventsOf(response.body, connection)) {
        if (typeof item === 'number') {
          retryMs = Math.min(item, 30_000)
          continue
        }
        if (item.event === 'end') return
        if (item.event === 'problem') throw problemOf(item)
        failures = 0
        lastEventId = item.id ?? lastEventId
        yield { id: lastEventId ?? '', event: item.event, data: dataOf(item.data) }
      }
    } catch (error) {
      if (stopped()) return
      if (isFinal(error)) throw error
    } finally {
      signal?.removeEventListener('abort', stop)
      connection.abort()
    }
    await pause(backoffMs(failures + 1, retryMs), signal)
  }
}

/** What the body holds: events, and numbers for a changed reconnection time. Ends or throws with the connection. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  connection: AbortController,
): AsyncGenerator<RawEvent | number> {
  const parser = eventParser()
  const reader = body.getReader()
  const decoder = new TextDecoder()
  try {
    for (;;) {
      const timer = setTimeout(() => connection.abort(), silenceMaxMs)
      const { done, value } = await reader.read().finally(() => clearTimeout(timer))
      if (done) return
      yield* parser.push(decoder.decode(value, { stream: true }))
      const retry = parser.retryMs()
      if (retry !== undefined) yield retry
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

function problemOf(item: RawEvent): PlinthError {
  const document = dataOf(item.data)
  const members = typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {}
  return problemError(members, typeof members['status'] === 'number' ? members['status'] : 500)
}

/** What the caller did wrong stays wrong; anything else, a lost connection included, may pass. */
function isFinal(error: unknown): boolean {
  if (error instanceof RangeError) return true
  return (
    error instanceof PlinthError &&
    error.status >= 400 &&
    error.status < 500 &&
    error.status !== 408 &&
    error.status !== 429
  )
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
