import { domainMatch, kindOf } from './match.ts'
import type { Freeze, Target } from './policy.ts'

/** A freeze with its ends as numbers. */
export type TimedFreeze = { readonly freeze: Freeze; readonly fromMs: number; readonly untilMs: number }

/** What changes nothing that runs: reading, asking and deciding. */
const sparedActions: ReadonlySet<string> = new Set(['get', 'list', 'logs', 'use', 'approve', 'grant'])
/**
 * What a freeze must not touch, or it could not be ended, and nobody would see what goes on while it lasts: freezes
 * themselves, and the telemetry that workloads send.
 */
const sparedKinds: ReadonlySet<string> = new Set(['freeze', 'telemetry'])

/** A time that cannot be read makes the freeze begin at once, and last: unclear is closed. */
export function timedFreeze(row: Freeze): TimedFreeze {
  const freeze = Object.freeze({ ...row })
  const [fromMs, untilMs] = [Date.parse(freeze.from), Date.parse(freeze.until)]
  return {
    freeze,
    fromMs: Number.isNaN(fromMs) ? -Infinity : fromMs,
    untilMs: Number.isNaN(untilMs) ? Infinity : untilMs,
  }
}

/** The freeze that withholds this then; of several the one that lasts longest. */
export function freezeOn(freezes: readonly TimedFreeze[], target: Target, nowMs: number): Freeze | undefined {
  if (sparedActions.has(target.action) || sparedKinds.has(kindOf(target.object))) return undefined
  let longest: TimedFreeze | undefined
  for (const one of freezes) {
    const isOn = one.fromMs <= nowMs && nowMs < one.untilMs && domainMatch(target.domain, one.freeze.domain)
    if (isOn && (longest === undefined || one.untilMs > longest.untilMs)) longest = one
  }
  return longest?.freeze
}

export const freezeText = ({ until, reason }: Freeze): string => `frozen until ${until}: ${reason}`
