import type { Tx } from '@plinth/store'
import type { Incompatibility } from '../formats/format.ts'
import type { Content } from './fingerprint.ts'

/** What somebody wants to register, and whom it would break. */
export type BreakingChange = {
  project: string
  subject: string
  fingerprint: string
  content: Content
  body: string
  against: number | undefined
  incompatibilities: readonly Incompatibility[]
}

/** How a breaking change may still come in: somebody else approves exactly this content for this subject. */
export type Reviews = {
  isApproved(tx: Tx, project: string, subject: string, fingerprint: string): Promise<boolean>
  /** Where a person reviews it, for the refusal's text; asked after the refused transaction is over. */
  reviewLinkFor(change: BreakingChange, who: { subject: string; requestId: string }): Promise<string | undefined>
}

export const noReviews: Reviews = {
  isApproved: async () => false,
  reviewLinkFor: async () => undefined,
}
