import { failure } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'
import { isIPv6 } from 'node:net'

const addressesMax = 10_000
const minuteMs = 60_000

type Bucket = { tokens: number; atMs: number }

/** A token bucket per client address; takes one or throws `platform.rate_limited` with when to come back. */
export function rateLimit(perMinute: number, clock: Clock): (address: string) => void {
  const buckets = new Map<string, Bucket>()
  return (address) => {
    const key = clientKey(address)
    const nowMs = clock.monotonicMs()
    const bucket = buckets.get(key) ?? { tokens: perMinute, atMs: nowMs }
    buckets.delete(key)
    const tokens = Math.min(perMinute, bucket.tokens + ((nowMs - bucket.atMs) / minuteMs) * perMinute)
    // Maps keep the order of insertion, so the first is the one unused for longest; its bucket is the fullest.
    const oldest = buckets.size >= addressesMax ? buckets.keys().next().value : undefined
    if (oldest !== undefined) buckets.delete(oldest)
    buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: nowMs })
    if (tokens < 1) {
      throw failure('platform.rate_limited', {
        detail: `This address tried to sign in more than ${perMinute} times in a minute.`,
        retryAfterSeconds: Math.ceil(((1 - tokens) / perMinute) * 60),
      })
    }
  }
}

/** A network of IPv6 (/64) belongs to one subscriber, who may use all of its addresses. */
function clientKey(address: string): string {
  if (address.startsWith('::ffff:')) return address.slice(7)
  return isIPv6(address) ? networkOf(address) : address
}

/** The first four groups, with the zeros that `::` stands for: else each address of `2001:db8::/64` were a network. */
function networkOf(address: string): string {
  const [before = '', after] = address.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const head = groups(before)
  const rest = after === undefined ? [] : groups(after)
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - rest.length) }, () => '0')
  return [...head, ...(after === undefined ? [] : zeros), ...rest].slice(0, 4).join(':')
}
