import { backoffMs, pause } from '@plinth/kernel'
import { errorOf, PlinthError, tooLate, unreachable } from './plinth-error.ts'

const triesMax = 3
/** A server that wants a longer pause than this is better asked by a person. */
const pauseMaxMs = 10_000
const passing = new Set([0, 502, 503, 504])

export type Send = {
  url: string
  init: RequestInit
  fetch: typeof globalThis.fetch
  signal: AbortSignal | undefined
  /** Until the answer has begun; 0 for no limit. */
  timeoutMs: number
  /** Whether sending it twice does no harm. */
  repeatable: boolean
}

/** Sends a request and gives the successful answer to `read`; repeats what may be repeated when the trouble may pass. */
export async function send<T>(request: Send, read: (response: Response) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(request, read)
    } catch (error) {
      if (!(error instanceof PlinthError) || !passing.has(error.status) || !request.repeatable || attempt >= triesMax)
        throw error
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(attempt))
      if (waitMs > pauseMaxMs) throw error
      await pause(waitMs, request.signal)
      request.signal?.throwIfAborted()
    }
  }
}

async function once<T>(
  { url, init, fetch, signal, timeoutMs }: Send,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const late = new AbortController()
  const timer = timeoutMs > 0 ? setTimeout(() => late.abort(), timeoutMs) : undefined
  try {
    const response = await fetch(url, {
      ...init,
      signal: signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]),
    })
    if (!response.ok) throw await errorOf(response)
    return await read(response)
  } catch (error) {
    signal?.throwIfAborted()
    if (late.signal.aborted) throw tooLate(url, timeoutMs)
    if (error instanceof PlinthError) throw error
    throw unreachable(url, error)
  } finally {
    clearTimeout(timer)
  }
}
