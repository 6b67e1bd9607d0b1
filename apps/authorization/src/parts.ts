import type { Bus } from '@plinth/bus'
import type { Clock, Logger } from '@plinth/kernel'
import type { Sealing } from '@plinth/kernel/sealing'
import type { AuditSigner } from '@plinth/kernel/audit'
import type { Store } from '@plinth/store'
import type { Checkpoints } from './audit/checkpoints.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { ProviderClients } from './oidc/provider-clients.ts'
import type { Outbound } from './outbound/fetch.ts'
import type { LivePolicy } from './policy/live-policy.ts'
import type { Passwords } from './users/passwords.ts'
import type { AccessTokens } from './sessions/access-tokens.ts'

/** What the rooms of this service are given; each names the part of it that it uses. */
export type Parts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  logger: Logger
  policy: LivePolicy
  passwords: Passwords
  accessTokens: AccessTokens
  /** What signs the audit ledger, and when. */
  ledger: Pick<Checkpoints, 'grew' | 'make'> & { signer: AuditSigner }
  keys: SigningKeys
  providerClients: ProviderClients
  sealing: Sealing
  /** Asks other services, for what is only told and never decided on. */
  bus: Pick<Bus, 'ask'>
  /** Why an address that somebody named may not be called; undefined where it may. */
  refuseOutbound: Outbound['refusal']
  /** Where the platform is reached from outside. */
  publicUrl: string
}

/** The name under which this service writes audit entries. */
export const source = 'authorization'
/** Who is said to have done what the platform does by itself. */
export const platform = { subject: 'sa:platform/authorization' } as const
