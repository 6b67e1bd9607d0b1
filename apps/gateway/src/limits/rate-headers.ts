import type { ServerResponse } from 'node:http'
import type { Rate, TokenBucket } from './token-bucket.ts'

/** A limit as it is told to whoever it is on. */
export type Policy = { readonly name: string; readonly rate: Rate; readonly text: string }

/** `q` in `w` seconds is what the bucket gives back in the time in which it is full again. */
export const policyOf = (name: string, rate: Rate): Policy => ({
  name,
  rate,
  text: `"${name}";q=${rate.burst};w=${Math.max(1, Math.round(rate.burst / rate.perSecond))}`,
})

/**
 * Says what is left: `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers), and the three fields
 * that most programs know.
 */
export function tellLimit(response: ServerResponse, policy: Policy, bucket: TokenBucket, nowMs: number): void {
  const remaining = bucket.remaining(policy.rate, nowMs)
  const resetSeconds = bucket.resetSeconds(nowMs)
  response.setHeader('ratelimit-policy', policy.text)
  response.setHeader('ratelimit', `"${policy.name}";r=${remaining};t=${resetSeconds}`)
  response.setHeader('ratelimit-limit', policy.rate.burst)
  response.setHeader('ratelimit-remaining', remaining)
  response.setHeader('ratelimit-reset', resetSeconds)
}
