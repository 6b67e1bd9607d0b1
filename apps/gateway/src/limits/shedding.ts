import { failure } from '@plinth/contracts'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const sampleEveryMs = 250
const resolutionMs = 20
const retryAfterSeconds = 5

export type Shedding = { refuse(): void; stop(): void }

/**
 * Refuses new requests while the event loop is late: each further one would only make all of them later. By the mean of
 * a quarter of a second, so that a collection of garbage is no overload. What is under way goes on.
 */
export function shedding(delayMsMax: number): Shedding {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let isLate = false
  const timer = setInterval(() => {
    isLate = delays.count > 0 && delays.mean / 1e6 - resolutionMs > delayMsMax
    delays.reset()
  }, sampleEveryMs)
  timer.unref()
  return {
    refuse() {
      if (!isLate) return
      const detail = 'More is under way than can be done in time; come back in a few seconds.'
      throw failure('gateway.overloaded', { detail, retryAfterSeconds })
    },
    stop() {
      clearInterval(timer)
      delays.disable()
    },
  }
}
