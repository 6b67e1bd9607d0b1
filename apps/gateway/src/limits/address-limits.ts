import { failure } from '@plinth/contracts'
import { isIPv6 } from 'node:net'
import type { ServerResponse } from 'node:http'
import { BoundedTable } from './bounded-table.ts'
import { policyOf, tellLimit } from './rate-headers.ts'
import { TokenBucket } from './token-bucket.ts'

export type AddressLimitSettings = {
  /** Of all requests, before anybody is asked who he is; 0 for no limit. */
  readonly requestsPerSecond: number
  readonly signInsPerMinute: number
}

const addressesMax = 10_000
const burstSeconds = 10

class AddressUse {
  readonly requests = new TokenBucket()
  readonly signIns = new TokenBucket()
}

export type AddressLimits = {
  /** One request of whatever kind, now or at an instant just before; throws 429 where it is one too many. */
  take(address: string, nowMs?: number): void
  /** One try to say who one is. */
  takeSignIn(address: string, response: ServerResponse): void
}

/** Limits by address, for what is asked before anybody knows who asks. */
export function addressLimits(settings: AddressLimitSettings, now: () => number): AddressLimits {
  const { requestsPerSecond, signInsPerMinute } = settings
  const networks = new BoundedTable(addressesMax, () => new AddressUse())
  // An address as it is written, so that its network is found out only once.
  const addresses = new BoundedTable(addressesMax, (address) => networks.of(networkOf(address)))
  const rate = { perSecond: requestsPerSecond, burst: requestsPerSecond * burstSeconds }
  const signIns = policyOf('sign-in', { perSecond: signInsPerMinute / 60, burst: signInsPerMinute })
  return {
    take(address, nowMs = now()) {
      if (requestsPerSecond === 0) return
      const { requests } = addresses.of(address)
      if (requests.take(rate, nowMs)) return
      throw failure('platform.rate_limited', {
        detail: `This address asked more often than ${requestsPerSecond} times a second; wait a little.`,
        retryAfterSeconds: requests.retryAfterSeconds(rate, nowMs),
      })
    },
    takeSignIn(address, response) {
      const bucket = addresses.of(address).signIns
      const nowMs = now()
      const isTaken = bucket.take(signIns.rate, nowMs)
      tellLimit(response, signIns, bucket, nowMs)
      if (isTaken) return
      throw failure('platform.rate_limited', {
        detail: `This address tried to sign in more than ${signInsPerMinute} times in a minute.`,
        retryAfterSeconds: bucket.retryAfterSeconds(signIns.rate, nowMs),
      })
    },
  }
}

/** A network of IPv6 (/64) belongs to one subscriber, who may use all of its addresses. */
export function networkOf(address: string): string {
  if (address.startsWith('::ffff:')) return address.slice(7)
  if (!isIPv6(address)) return address
  const [before = '', after] = address.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const head = groups(before)
  const rest = after === undefined ? [] : groups(after)
  // The zeros that `::` stands for: else each address of `2001:db8::/64` were a network.
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - rest.length) }, () => '0')
  return [...head, ...(after === undefined ? [] : zeros), ...rest].slice(0, 4).join(':')
}
