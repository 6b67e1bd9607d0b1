import { frame, problemDocument, publicError } from '@plinth/service'
import type { ServerResponse } from 'node:http'
import type { SeenEvent } from './follow-events.ts'

const heartbeatMs = 15_000

/**
 * Sends events as WHATWG server-sent events until the source ends, the signal aborts or the caller is gone. Waits for a
 * slow reader: a cursor lets him go on later, so nothing needs to pile up here.
 */
export async function sendEvents(
  response: ServerResponse,
  events: AsyncIterable<SeenEvent>,
  { signal, requestId }: { signal: AbortSignal; requestId: string },
): Promise<unknown> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  })
  response.write('retry: 2000\n\n')
  const heartbeat = setInterval(() => response.writableNeedDrain || response.write(': beat\n\n'), heartbeatMs)
  try {
    for await (const event of events) {
      if (signal.aborted) break
      if (!response.write(frame(event))) await drained(response, signal)
    }
    return undefined
  } catch (error) {
    if (signal.aborted) return undefined
    response.write(frame({ event: 'problem', data: problemDocument(publicError(error), requestId) }))
    return error
  } finally {
    clearInterval(heartbeat)
    response.end()
  }
}

const drained = (response: ServerResponse, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
    signal.addEventListener('abort', done, { once: true })
  })
