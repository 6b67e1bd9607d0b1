import type { CompatibilityLevel } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Tx } from '@plinth/store'
import type { Incompatibility } from '../formats/format.ts'
import type { Content } from './fingerprint.ts'

/** A content in a subject. */
export type ContentKey = { project: string; subject: string; fingerprint: string }

/** What somebody wants to register, and whom it would break. */
export type BreakingChange = ContentKey & {
  content: Content
  body: string
  level: CompatibilityLevel
  against: number | undefined
  incompatibilities: readonly Incompatibility[]
}

/** How a breaking change may still come in: somebody else approves exactly this content for this subject. */
export type Reviews = {
  /** The review that lets it in now; undefined where there is none. Held until the transaction ends. */
  approval(tx: Tx, key: ContentKey): Promise<string | undefined>
  /** It is in: the approval is spent. */
  used(tx: Tx, who: Identity, key: ContentKey, use: { review: string; version: number }): Promise<void>
  /** Keeps it for a review; where a person does that, for the refusal's text. Asked after the refused transaction is over. */
  reviewLinkFor(change: BreakingChange, who: Identity): Promise<string | undefined>
}
