/** The only way to the time: tests hand in one that they move by hand. */
export type Clock = {
  now(): Date
  /** Milliseconds that never jump, for durations and deadlines. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
}
