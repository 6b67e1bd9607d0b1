import type { Clock } from '@plinth/kernel'
import { anonymous, signIdentity } from '@plinth/service'
import { createPrivateKey } from 'node:crypto'
import type { Caller } from '../identity/caller.ts'

/** A signature costs some 50 microseconds; it is sent again for half of the time that services take it for. */
const reuseMs = 30_000

export type SignFor = (caller: Caller | undefined, requestId: string) => string

/** Who asks, as services verify it. The request id in it is that of the first request; the header has each one's own. */
export function identitySigner(privateKeyPem: string, clock: Clock): SignFor {
  const key = createPrivateKey(privateKeyPem.replaceAll('\\n', '\n'))
  const { requestId: _none, ...nobody } = anonymous('none')
  const anybody: Caller = { identity: nobody, expiresAtMs: Number.POSITIVE_INFINITY }
  return (caller = anybody, requestId) => {
    const nowMs = clock.now().getTime()
    if (caller.signed !== undefined && caller.signed.untilMs > nowMs) return caller.signed.token
    const token = signIdentity({ ...caller.identity, requestId }, key, nowMs / 1_000)
    caller.signed = { token, untilMs: nowMs + reuseMs }
    return token
  }
}
