import { schemaReviewChanged } from '@plinth/contracts'
import { newId, type Clock, type Identity } from '@plinth/kernel'
import { appendEvent, recordAudit, type Store, type Tx } from '@plinth/store'
import type { Visible } from '../impact/visible.ts'
import * as reviews from './store.ts'
import type { Refusal, ReviewRow } from './store.ts'
import type { Reviews } from '../registry/reviews.ts'

export type ReviewParts = {
  store: Pick<Store, 'db' | 'transaction'>
  clock: Clock
  visible: Visible
  /** Where the portal is, without a slash at its end. */
  publicUrl: string
}

const perSubjectMax = 20
const bytesPerProjectMax = 64 * 1024 * 1024

export const reviewUrl = (publicUrl: string, { project, subject, id }: Pick<ReviewRow, 'project' | 'subject' | 'id'>) =>
  `${publicUrl}/projects/${project}/schemas/${encodeURIComponent(subject)}/reviews/${id}`

/** Who stands behind a request: a job asks for the person who started its pipeline. */
export const standingBehind = (who: Identity): string[] => [
  ...new Set([who.subject, ...(who.claims['actor'] === undefined ? [] : [who.claims['actor']])]),
]

/** What the registry asks and tells when a schema breaks those who read or write the earlier one. */
export function refusals({ store, clock, publicUrl }: ReviewParts): Reviews {
  const open = async (tx: Tx, who: Identity, refusal: Refusal): Promise<ReviewRow | undefined> => {
    const { subjects, bytes } = await reviews.waiting(tx, refusal)
    if (subjects >= perSubjectMax || bytes + refusal.schema.length > bytesPerProjectMax) return undefined
    await reviews.insertReview(tx, newId('rvw'), refusal, who.subject, clock.now())
    const made = await reviews.findByContent(tx, refusal)
    if (made !== undefined) await tell(tx, publicUrl, who, made)
    return made
  }

  /** A rejection stands. An approval that ran out or was used, and does not help any more, is asked for anew. */
  const again = async (tx: Tx, who: Identity, known: ReviewRow): Promise<ReviewRow> => {
    const reopen = known.state === 'expired' || known.state === 'used'
    await reviews.askAgain(tx, known.id, clock.now(), reopen)
    if (!reopen) return known
    const row: ReviewRow = { ...known, state: 'pending', reason: null, expiresAt: null, version: null }
    await tell(tx, publicUrl, who, row)
    return row
  }

  return {
    /**
     * The review by which this content was let through against the version that is newest now; undefined where there
     * is none. It stays locked: of two registrations at once, one uses it.
     */
    approval: async (tx, key) => (await reviews.findApproval(tx, key))?.id,

    /** The approved content is registered; its approval is spent. */
    async used(tx, who, key, { review, version }) {
      await reviews.markUsed(tx, review, version)
      const row = await reviews.findReview(tx, { ...key, review })
      if (row !== undefined) await tell(tx, publicUrl, who, row)
    },

    /**
     * The same content is kept once, and a repeat counts. Undefined where too much is waiting already. Not within the
     * transaction that is refused: that one is undone.
     */
    reviewLinkFor: ({ content, body, ...change }, who) =>
      store.transaction(async (tx) => {
        const { type, references } = content
        const refusal: Refusal = { ...change, type, references, schema: body }
        await reviews.lockProject(tx, refusal.project)
        await reviews.dropOld(tx, refusal.project)
        const known = await reviews.findByContent(tx, refusal)
        const row = known === undefined ? await open(tx, who, refusal) : await again(tx, who, known)
        if (row === undefined) return undefined
        await reviews.addAskers(tx, row.id, standingBehind(who))
        return reviewUrl(publicUrl, row)
      }),
  }
}

const actions = { pending: 'ask', approved: 'approve', rejected: 'reject', used: 'use' } as const

/** The fact and the entry in the ledger, in the transaction of the change. */
export async function tell(tx: Tx, publicUrl: string, who: Identity, row: ReviewRow): Promise<void> {
  const { id, project, subject, state, reason, expiresAt, version } = row
  if (state === 'expired') return
  await recordAudit(tx, 'schemas', who, {
    action: `schema-review.${actions[state]}`,
    project,
    object: `schema/${subject}`,
    detail: {
      review: id,
      against: row.against,
      ...(reason !== null && { reason }),
      ...(version !== null && { version }),
    },
  })
  await appendEvent(tx, schemaReviewChanged, {
    project,
    entity: id,
    actor: who.subject,
    data: {
      project,
      subject,
      review: id,
      state,
      summary: summaryOf(row),
      ...(reason !== null && { reason }),
      ...(expiresAt !== null && { expiresAt }),
      ...(version !== null && { version }),
      url: reviewUrl(publicUrl, row),
      actor: who.subject,
    },
  })
}

const summaryMax = 500

export function summaryOf({ incompatibilities }: Pick<ReviewRow, 'incompatibilities'>): string {
  const [first] = incompatibilities
  return first === undefined ? '' : `${first.path || '/'}: ${first.message} (${first.rule})`.slice(0, summaryMax)
}
