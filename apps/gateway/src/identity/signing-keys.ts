import type { Bus } from '@plinth/bus'
import { failure, signingKeys } from '@plinth/contracts'
import type { Clock } from '@plinth/kernel'

/** At most one refetch in this time: a flood of invented key ids must not become a flood of questions. */
const cooldownMs = 5_000
const freshMs = 10 * 60_000

export type SigningKeys = {
  /** The public key of an id in PEM, or undefined where authorization knows no such key. */
  publicKey(kid: string): Promise<string | undefined>
}

/** The keys that access tokens are signed with. A key that authorization no longer names is forgotten in 10 minutes. */
export function signingKeyCache(bus: Bus, clock: Clock): SigningKeys {
  let keys: ReadonlyMap<string, string> | undefined
  let askedAtMs = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  const fetchKeys = async (): Promise<void> => {
    const answer = await bus.ask(signingKeys, {}, { timeoutMs: 3_000 })
    // EdDSA alone: a key of another kind is never tried with it, nor one of ours with another algorithm.
    keys = new Map(answer.keys.filter(({ alg }) => alg === 'EdDSA').map(({ kid, publicKeyPem }) => [kid, publicKeyPem]))
  }
  const refresh = (): Promise<void> => {
    askedAtMs = clock.monotonicMs()
    return (asking ??= fetchKeys().finally(() => (asking = undefined)))
  }
  return {
    async publicKey(kid) {
      const ageMs = clock.monotonicMs() - askedAtMs
      if (keys === undefined) await refresh()
      else if (ageMs > cooldownMs && (ageMs > freshMs || !keys.has(kid))) await refresh().catch(() => undefined)
      // A key that is known needs no answer: an invented one must not make the others wait, or fail, with it.
      else if (!keys.has(kid)) await asking?.catch(() => undefined)
      if (keys === undefined) throw failure('platform.unavailable')
      return keys.get(kid)
    },
  }
}
