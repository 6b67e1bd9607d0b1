import type { Identity } from '@plinth/kernel'

/** Who a credential stands for. One object for as long as the credential is cached. */
export type Caller = {
  readonly identity: Omit<Identity, 'requestId' | 'address'>
  readonly expiresAtMs: number
  /** Set where the credential is a portal session, which a browser sends without being asked. */
  readonly sessionSecret?: string
  /** The signed identity for services, by the address that he called from, and until when each may be sent once more. */
  signed?: Map<string, { token: string; untilMs: number }>
}
