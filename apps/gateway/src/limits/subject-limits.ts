import { failure, type RouteSpec } from '@plinth/contracts'
import { isWriting } from '../policy/guard.ts'
import type { RequestFacts } from '../door/request-log.ts'
import { BoundedTable } from './bounded-table.ts'
import { policyOf, tellLimit, type Policy } from './rate-headers.ts'
import { TokenBucket, type Rate } from './token-bucket.ts'

export type SubjectLimitSettings = {
  readonly readsPerSecond: number
  readonly writesPerSecond: number
  readonly streamsPerSecond: number
  /** Under way at once, streams apart. */
  readonly requestsMax: number
  readonly streamsMax: number
}

/** What one subject has under way and has used, under all of his credentials. */
export class SubjectUse {
  readonly buckets = { reading: new TokenBucket(), writing: new TokenBucket(), streams: new TokenBucket() }
  requests = 0
  streams = 0
  toldAtMs = 0
}

type RouteClass = keyof SubjectUse['buckets']

/** Counts a request of a subject in, or refuses it with 429. It is counted out when its response is closed. */
export type CountIn = (facts: RequestFacts, subject: string) => void

const subjectsMax = 10_000
/** A bucket holds what comes back in this time: who was quiet may ask that much at once. */
const burstSeconds = 10
/** How often somebody who asks without a pause is told how much is left, unless it is little. */
const tellEveryMs = 5

/** Limits by subject: a bucket for each class of routes, and how much of it may be under way at once. */
export function subjectLimits(settings: SubjectLimitSettings): (spec: RouteSpec) => CountIn {
  const uses = new BoundedTable(subjectsMax, () => new SubjectUse())
  const policies: Readonly<Record<RouteClass, Policy | undefined>> = {
    reading: optional('reading', settings.readsPerSecond),
    writing: optional('writing', settings.writesPerSecond),
    streams: optional('streams', settings.streamsPerSecond),
  }
  return (spec) => {
    const routeClass: RouteClass = spec.kind === 'sse' ? 'streams' : isWriting(spec) ? 'writing' : 'reading'
    const policy = policies[routeClass]
    const isStream = routeClass === 'streams'
    const atOnceMax = isStream ? settings.streamsMax : settings.requestsMax
    return (facts, subject) => {
      const use = uses.of(subject)
      if ((isStream ? use.streams : use.requests) >= atOnceMax) throw tooManyAtOnce(isStream, atOnceMax)
      if (policy !== undefined) take(use, policy, use.buckets[routeClass], facts)
      if (isStream) use.streams++
      else use.requests++
      facts.use = use
      facts.isStream = isStream
    }
  }
}

/** Counts the request out, if it was counted in. */
export function countOut(facts: RequestFacts): void {
  const { use } = facts
  if (use === undefined) return
  facts.use = undefined
  if (facts.isStream) use.streams--
  else use.requests--
}

/** As of the instant at which the request came. */
function take(use: SubjectUse, policy: Policy, bucket: TokenBucket, facts: RequestFacts): void {
  const { response, startedAtMs: nowMs } = facts
  const isTaken = bucket.take(policy.rate, nowMs)
  // The fields cost more than the limit itself: who asks thousands of times a second is told now and then.
  if (!isTaken || nowMs - use.toldAtMs >= tellEveryMs || bucket.remaining(policy.rate, nowMs) * 4 < policy.rate.burst) {
    use.toldAtMs = nowMs
    tellLimit(response, policy, bucket, nowMs)
  }
  if (isTaken) return
  throw failure('platform.rate_limited', {
    detail: `You asked more often than ${policy.rate.perSecond} times a second (${policy.name}); wait a little.`,
    retryAfterSeconds: bucket.retryAfterSeconds(policy.rate, nowMs),
  })
}

const optional = (name: string, perSecond: number): Policy | undefined =>
  perSecond === 0 ? undefined : policyOf(name, rateOf(perSecond))

const rateOf = (perSecond: number): Rate => ({ perSecond, burst: perSecond * burstSeconds })

const tooManyAtOnce = (isStream: boolean, max: number) =>
  failure('platform.rate_limited', {
    detail: `You have ${max} ${isStream ? 'streams open' : 'requests under way'}, and no more may be at once.`,
    retryAfterSeconds: 1,
  })
