import { failure } from '@plinth/contracts'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const sampleEveryMs = 250
const resolutionMs = 20
const retryAfterSeconds = 5

export type Shedding = { refuse(): void; stop(): void }

/**
 * Refuses new requests while the event loop is late: each further one would only make all of them later. By the means of
 * two quarters of a second in a row, so that one stall (garbage, a busy neighbour) is no overload. What is under way
 * goes on.
 */
export function shedding(delayMsMax: number): Shedding {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let wasLate = false
  let isOverloaded = false
  const timer = setInterval(() => {
    const isLate = delays.count > 0 && delays.mean / 1e6 - resolutionMs > delayMsMax
    isOverloaded = isLate && wasLate
    wasLate = isLate
    delays.reset()
  }, sampleEveryMs)
  timer.unref()
  return {
    refuse() {
      if (!isOverloaded) return
      const detail = 'More is under way than can be done in time; come back in a few seconds.'
      throw failure('gateway.overloaded', { detail, retryAfterSeconds })
    },
    stop() {
      clearInterval(timer)
      delays.disable()
    },
  }
}
