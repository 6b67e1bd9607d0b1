/** Requests of one workload since the runner started, and the durations of the last interval. */
export type Measures = {
  note(status: number, durationMs: number): void
  readonly requests: number
  /** Answers of 5xx, the edge's own included. */
  readonly errors: number
  /** Durations since the last call, as percentiles in milliseconds; undefined where there was no request. */
  takePercentiles(): { p50: number; p95: number; p99: number } | undefined
}

const samplesMax = 4_096

/** Keeps at most 4,096 durations per interval, replacing at random after that (Vitter's algorithm R). */
export function measures(): Measures {
  let requests = 0
  let errors = 0
  let seen = 0
  let samples: number[] = []
  return {
    note(status, durationMs) {
      requests++
      if (status >= 500) errors++
      seen++
      if (samples.length < samplesMax) samples.push(durationMs)
      else {
        const place = Math.floor(Math.random() * seen)
        if (place < samplesMax) samples[place] = durationMs
      }
    },
    get requests() {
      return requests
    },
    get errors() {
      return errors
    },
    takePercentiles() {
      if (samples.length === 0) return undefined
      const sorted = samples.sort((a, b) => a - b)
      const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
      const answer = { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
      samples = []
      seen = 0
      return answer
    },
  }
}
