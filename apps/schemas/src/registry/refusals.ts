import type { Verdict } from './judge.ts'
import type { BreakingChange } from './reviews.ts'

/** What is refused for a reason that Confluent's API has a number for. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused'
  readonly reason: 'read-only' | 'importing' | 'not-importing' | 'id-taken' | 'version-not-next'
  constructor(reason: RegistrationRefused['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/** It breaks those who read or write an earlier version. */
export class Incompatible extends Error {
  override readonly name = 'Incompatible'
  readonly verdict: Verdict
  readonly change: BreakingChange
  reviewLink: string | undefined
  constructor(verdict: Verdict, change: BreakingChange) {
    super('incompatible')
    this.verdict = verdict
    this.change = change
  }
}
