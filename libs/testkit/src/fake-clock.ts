import type { Clock } from '@plinth/kernel'

export type FakeClock = Clock & {
  /** Moves both readings on. */
  advance(durationMs: number): void
  /** Sets the wall clock alone, as an administrator or NTP would; the monotonic reading stays. */
  set(time: Date | string): void
}

/** A clock that stands still until a test moves it. */
export function fakeClock(start: Date | string = '2026-01-01T00:00:00.000Z'): FakeClock {
  let wallMs = new Date(start).getTime()
  let monotonicMs = 0
  return {
    now: () => new Date(wallMs),
    monotonicMs: () => monotonicMs,
    advance(durationMs) {
      wallMs += durationMs
      monotonicMs += durationMs
    },
    set(time) {
      wallMs = new Date(time).getTime()
    },
  }
}
