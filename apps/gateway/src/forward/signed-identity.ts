import type { Clock } from '@plinth/kernel'
import { anonymous, signIdentity } from '@plinth/service'
import { createPrivateKey } from 'node:crypto'
import type { Caller } from '../identity/caller.ts'

/** A signature costs some 50 microseconds; it is sent again for half of the time that services take it for. */
const reuseMs = 30_000
/** Of one caller; nobody in particular calls from many more, and rarely twice. */
const addressesMax = 64

export type SignFor = (caller: Caller | undefined, requestId: string, address: string) => string

/**
 * Who asks and from where, as services verify it. The request id in it is that of the first request; the header has
 * each one's own.
 */
export function identitySigner(privateKeyPem: string, clock: Clock): SignFor {
  const key = createPrivateKey(privateKeyPem.replaceAll('\\n', '\n'))
  const { requestId: _none, ...nobody } = anonymous('none')
  const anybody: Caller = { identity: nobody, expiresAtMs: Number.POSITIVE_INFINITY }
  return (caller = anybody, requestId, address) => {
    const nowMs = clock.now().getTime()
    const signed = (caller.signed ??= new Map())
    const known = signed.get(address)
    if (known !== undefined && known.untilMs > nowMs) return known.token
    signed.delete(address)
    const oldest = signed.size >= addressesMax ? signed.keys().next().value : undefined
    if (oldest !== undefined) signed.delete(oldest)
    const who = { ...caller.identity, requestId, ...(address !== '' && { address }) }
    const token = signIdentity(who, key, nowMs / 1_000)
    signed.set(address, { token, untilMs: nowMs + reuseMs })
    return token
  }
}
