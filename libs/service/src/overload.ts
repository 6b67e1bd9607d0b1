import { monitorEventLoopDelay } from 'node:perf_hooks'

const sampleEveryMs = 500

export type Overload = { shedding(): boolean; stop(): void }

/**
 * Says when to shed load: while the mean event-loop delay of the last half second is above the limit, every further
 * request only makes all of them later. The limit is generous, since a start or a garbage collection is no overload.
 */
export function watchOverload(delayMaxMs: number): Overload {
  const histogram = monitorEventLoopDelay({ resolution: 20 })
  histogram.enable()
  let tooSlow = false
  const timer = setInterval(() => {
    tooSlow = histogram.count > 0 && histogram.mean / 1e6 > delayMaxMs
    histogram.reset()
  }, sampleEveryMs)
  timer.unref()
  return {
    shedding: () => tooSlow,
    stop: () => {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
