import { until as untilSoon } from '@plinth/testkit'

/** The testkit's `until`, with the patience that several git processes need on a machine that does much else. */
export const until: typeof untilSoon = (check, options) => untilSoon(check, { timeoutMs: 15_000, ...options })
