/** So many a second for as long as anybody likes, and `burst` at once after a pause. */
export type Rate = { readonly perSecond: number; readonly burst: number }

/**
 * A token bucket as one number: until when, in milliseconds, all that was taken has come back (the generic cell rate
 * algorithm, ITU-T I.371). Taking costs some additions and allocates nothing.
 */
export class TokenBucket {
  #fullAtMs = 0

  /** Takes one; says whether there was one. */
  take({ perSecond, burst }: Rate, nowMs: number): boolean {
    const eachMs = 1_000 / perSecond
    const fullAtMs = Math.max(this.#fullAtMs, nowMs) + eachMs
    if (fullAtMs - nowMs > burst * eachMs + roundingMs) return false
    this.#fullAtMs = fullAtMs
    return true
  }

  remaining({ perSecond, burst }: Rate, nowMs: number): number {
    const takenMs = Math.max(0, this.#fullAtMs - nowMs)
    return Math.max(0, Math.floor(burst - (takenMs * perSecond) / 1_000 + roundingMs))
  }

  /** Seconds until there is one again, rounded up. */
  retryAfterSeconds({ perSecond, burst }: Rate, nowMs: number): number {
    const eachMs = 1_000 / perSecond
    return Math.max(1, Math.ceil((this.#fullAtMs - nowMs - (burst - 1) * eachMs) / 1_000 - roundingMs))
  }

  /** Seconds until all are back, rounded up. */
  resetSeconds(nowMs: number): number {
    return Math.max(0, Math.ceil((this.#fullAtMs - nowMs) / 1_000 - roundingMs))
  }
}

/** Sums of fractions of milliseconds miss whole numbers by less than this. */
const roundingMs = 1e-6
