/** How a request to a service ended: it answered, it did not, or the caller went away before either. */
export type Ending = 'answered' | 'failed' | 'left'

const slots = 10
const slotMs = 1_000
/** Fewer say nothing of how a service is. */
const requestsMin = 20
const failedPart = 0.5
const openMsFirst = 1_000
const openMsMax = 10_000

/**
 * Leaves a service alone that fails: of at least 20 requests in 10 seconds half or more got no answer. After a while,
 * longer each time, one request is let through: if it is answered all are again. What the service itself says, also
 * that it can't, is an answer. Counts in ten slots of a second each, so nothing is allocated.
 */
export class CircuitBreaker {
  readonly #requests = new Float64Array(slots)
  readonly #failures = new Float64Array(slots)
  #slot = -1
  #openUntilMs = 0
  #openMs = 0
  #isProbing = false

  get isOpen(): boolean {
    return this.#openMs > 0
  }

  /** Milliseconds until anything may be asked of it; 0 for now. Who gets 0 must say how it ended. */
  waitMs(nowMs: number): number {
    if (this.#openMs === 0) return 0
    if (nowMs < this.#openUntilMs) return this.#openUntilMs - nowMs
    if (this.#isProbing) return openMsFirst
    this.#isProbing = true
    return 0
  }

  ended(ending: Ending, nowMs: number): void {
    if (this.#openMs > 0) return this.#probed(ending, nowMs)
    if (ending === 'left') return
    const slot = this.#slotOf(nowMs)
    this.#requests[slot] = (this.#requests[slot] ?? 0) + 1
    if (ending === 'answered') return
    this.#failures[slot] = (this.#failures[slot] ?? 0) + 1
    const requests = sum(this.#requests)
    if (requests >= requestsMin && sum(this.#failures) >= requests * failedPart) this.#open(nowMs)
  }

  /** What was under way when it opened counts as well: an answer is an answer. */
  #probed(ending: Ending, nowMs: number): void {
    const isProbe = this.#isProbing
    if (ending === 'answered') {
      this.#openMs = 0
      this.#isProbing = false
      this.#requests.fill(0)
      this.#failures.fill(0)
    } else if (isProbe) {
      this.#isProbing = false
      if (ending === 'failed') this.#open(nowMs)
    }
  }

  #open(nowMs: number): void {
    this.#openMs = Math.min(openMsMax, Math.max(openMsFirst, this.#openMs * 2))
    this.#openUntilMs = nowMs + this.#openMs
  }

  #slotOf(nowMs: number): number {
    const second = Math.floor(nowMs / slotMs)
    if (second - this.#slot >= slots) {
      this.#requests.fill(0)
      this.#failures.fill(0)
      this.#slot = second
    }
    while (this.#slot < second) {
      this.#slot++
      this.#requests[this.#slot % slots] = 0
      this.#failures[this.#slot % slots] = 0
    }
    return second % slots
  }
}

const sum = (counts: Float64Array): number => counts.reduce((all, count) => all + count, 0)
