import type { ServerResponse } from 'node:http'
import { publicError, problemDocument } from './problem.ts'
import type { ServerSentEvent } from './ask.ts'

export type StreamOptions = {
  signal: AbortSignal
  requestId: string
  heartbeatMs: number
  headers: Readonly<Record<string, string>>
  onError(error: unknown): void
}

/**
 * Sends events (WHATWG HTML, section 9.2) until the source ends, the signal aborts or the caller is gone. Waits for a
 * slow reader rather than piling up events in memory. A failure in the middle becomes an event named `problem`, since
 * the status line is sent long before.
 */
export async function streamEvents(
  response: ServerResponse,
  events: AsyncIterable<ServerSentEvent>,
  options: StreamOptions,
): Promise<void> {
  const { signal, heartbeatMs } = options
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    // nginx and its kin would otherwise hold events back.
    'x-accel-buffering': 'no',
    ...options.headers,
  })
  response.write('retry: 2000\n\n')
  // A comment keeps proxies from closing an idle stream, and tells the client that the connection still lives.
  const heartbeat = setInterval(() => response.writableNeedDrain || response.write(': beat\n\n'), heartbeatMs)
  const iterator = events[Symbol.asyncIterator]()
  const ended = aborted(signal)
  try {
    while (!signal.aborted) {
      const next = await Promise.race([iterator.next(), ended.promise])
      if (next === undefined) break
      if (next.done === true) {
        // Says that there is no more to come; a stream that just ends was cut off, and its client comes back.
        if (!signal.aborted) response.write(frame({ event: 'end', data: null }))
        break
      }
      if (!response.write(frame(next.value))) await Promise.race([drained(response), ended.promise])
    }
  } catch (error) {
    options.onError(error)
    if (!signal.aborted)
      response.write(frame({ event: 'problem', data: problemDocument(publicError(error), options.requestId) }))
  } finally {
    clearInterval(heartbeat)
    ended.forget()
    // Not awaited: a source that hangs in its own clean-up must not keep the connection open.
    void Promise.resolve(iterator.return?.()).catch(options.onError)
    response.end()
  }
}

/** One event on the wire. Line breaks in `id` and `event` would end the field, so they are taken out. */
export function frame({ id, event, data }: ServerSentEvent): string {
  const head =
    (id === undefined ? '' : `id: ${oneLine(id)}\n`) + (event === undefined ? '' : `event: ${oneLine(event)}\n`)
  return `${head}data: ${JSON.stringify(data ?? null)}\n\n`
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]/g, '')

const drained = (response: ServerResponse): Promise<undefined> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      resolve(undefined)
    }
    response.on('drain', done).on('close', done)
  })

function aborted(signal: AbortSignal): { promise: Promise<undefined>; forget(): void } {
  let forget = (): void => {}
  const promise = new Promise<undefined>((resolve) => {
    const done = (): void => resolve(undefined)
    if (signal.aborted) done()
    signal.addEventListener('abort', done, { once: true })
    forget = () => signal.removeEventListener('abort', done)
  })
  return { promise, forget: () => forget() }
}
