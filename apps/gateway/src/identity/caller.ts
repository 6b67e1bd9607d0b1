import type { Identity } from '@plinth/kernel'

/** Who a credential stands for. One object for as long as the credential is cached. */
export type Caller = {
  readonly identity: Omit<Identity, 'requestId'>
  readonly expiresAtMs: number
  /** Set where the credential is a portal session, which a browser sends without being asked. */
  readonly sessionSecret?: string
  /** The signed identity for services, and until when it may be sent once more. */
  signed?: { token: string; untilMs: number }
}
