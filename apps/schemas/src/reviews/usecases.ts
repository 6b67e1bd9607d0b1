import { failure, type SchemaReviewState } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Executor } from '@plinth/store'
import { parseWith } from '../registry/parsed.ts'
import { readVersion } from '../registry/store.ts'
import { affectedBy, seenUses, type AffectedUse } from './affected.ts'
import { laidOut, lineDiff } from './line-diff.ts'
import { reviewUrl, standingBehind, summaryOf, tell, type ReviewParts } from './refusals.ts'
import * as reviews from './store.ts'
import type { ReviewRow } from './store.ts'

type Where = { project: string; subject: string; review: string }
type Approval = { reason: string; expiresInHours?: number }
type Rejection = { reason: string }
type Listing = { state?: SchemaReviewState; subject?: string; limit?: number; cursor?: string }

const hourMs = 3_600_000
const hoursDefault = 168
const askersMax = 100

const unknown = ({ subject, review }: Where): Error =>
  failure('schemas.review_unknown', { detail: `'${subject}' has no review ${review}, or it is past its time.` })

async function viewFor({ store, visible, publicUrl }: ReviewParts, who: Identity, where: Where) {
  const row = await reviews.findReview(store.db, where)
  if (row === undefined) throw unknown(where)
  const askers = await reviews.askersOf(store.db, row.id)
  const earlier = await readVersion(store.db, row.project, row.subject, row.against, { deleted: true })
  const { shown, hidden } = await seenUses(visible, who, row.project, await affected(store.db, row))
  const { lines, truncated } = lineDiff(earlier?.schema ?? '', row.schema)
  return {
    ...summaryView(publicUrl, row),
    schema: laidOut(row.schema),
    references: row.references,
    ...(earlier && { before: laidOut(earlier.schema) }),
    diff: lines,
    diffTruncated: truncated,
    incompatibilities: row.incompatibilities,
    askers: askers.slice(0, askersMax),
    mayDecide: !isAsker(who, askers),
    affected: shown,
    hidden: { instances: hidden.length, breaking: hidden.filter(({ breaks }) => breaks).length },
  }
}

/** Who may approve at all the gateway has decided; that he is none of those who tried it is known only here. */
async function approve(
  { store, clock, publicUrl }: ReviewParts,
  who: Identity,
  where: Where,
  { reason, expiresInHours = hoursDefault }: Approval,
) {
  const outcome = await store.transaction(async (tx) => {
    const row = await locked(tx, where)
    if (row.state === 'approved') return { row, again: true }
    requireState(row, 'pending', 'expired')
    if (isAsker(who, await reviews.askersOf(tx, row.id))) {
      // The refusal is a fact for the ledger too, so it is written before it is said.
      await recordAudit(tx, 'schemas', who, {
        action: 'schema-review.approve',
        project: row.project,
        object: `schema/${row.subject}`,
        outcome: 'denied',
        detail: { review: row.id, reason: 'self-approval' },
      })
      return { row, refused: true }
    }
    const at = clock.now()
    const expiresAt = new Date(at.getTime() + expiresInHours * hourMs)
    await reviews.decide(tx, row.id, { state: 'approved', by: who.subject, at, reason, expiresAt })
    const decided = await locked(tx, where)
    await tell(tx, publicUrl, who, decided)
    return { row: decided }
  })
  if (outcome.refused) {
    throw failure('schemas.self_approval_refused', {
      detail: `You (${who.subject}) tried to register it; somebody else who may approve schemas must look at it.`,
    })
  }
  return summaryView(publicUrl, outcome.row)
}

const reject = ({ store, clock, publicUrl }: ReviewParts, who: Identity, where: Where, { reason }: Rejection) =>
  store.transaction(async (tx) => {
    const row = await locked(tx, where)
    if (row.state === 'rejected') return summaryView(publicUrl, row)
    requireState(row, 'pending', 'approved', 'expired')
    await reviews.decide(tx, row.id, { state: 'rejected', by: who.subject, at: clock.now(), reason })
    const decided = await locked(tx, where)
    await tell(tx, publicUrl, who, decided)
    return summaryView(publicUrl, decided)
  })

async function locked(tx: Executor, where: Where): Promise<ReviewRow> {
  const row = await reviews.findReview(tx, where, 'lock')
  if (row === undefined) throw unknown(where)
  return row
}

/** Reviews of breaking schemas, for people. */
export function reviewUseCases(parts: ReviewParts) {
  const { store, publicUrl } = parts
  return {
    async list(project: string, { limit = 50, ...listing }: Listing) {
      const page = await reviews.listReviews(store.db, project, { limit, ...listing })
      return { ...page, items: page.items.map((row) => summaryView(publicUrl, row)) }
    },
    get: (who: Identity, where: Where) => viewFor(parts, who, where),
    approve: (who: Identity, where: Where, approval: Approval) => approve(parts, who, where, approval),
    reject: (who: Identity, where: Where, rejection: Rejection) => reject(parts, who, where, rejection),
  }
}
export type ReviewUseCases = ReturnType<typeof reviewUseCases>

/** A token of one's own is no second pair of eyes. */
const isAsker = (who: Identity, askers: readonly string[]): boolean =>
  [...standingBehind(who), ...who.subjects].some((subject) => askers.includes(subject))

function requireState({ id, state }: ReviewRow, ...states: SchemaReviewState[]): void {
  if (!states.includes(state)) throw failure('schemas.review_decided', { detail: `${id} is ${state}.` })
}

/** What refers to schemas that are gone by now can't be read any more; then nobody can say what it would break. */
async function affected(db: Executor, row: ReviewRow & reviews.ReviewContent): Promise<AffectedUse[]> {
  const candidate = await parseWith(db, row).catch(() => undefined)
  return candidate === undefined ? [] : affectedBy(db, row, candidate)
}

function summaryView(publicUrl: string, row: ReviewRow) {
  const { id, project, subject, type, state, level, problems, askedBy, askedAt, lastAskedAt, attempts } = row
  return {
    id,
    project,
    subject,
    type,
    state,
    ...(row.against > 0 && { against: row.against }),
    level,
    problems,
    summary: summaryOf(row),
    askedBy,
    askedAt,
    lastAskedAt,
    attempts,
    ...(row.decidedBy !== null && { decidedBy: row.decidedBy }),
    ...(row.decidedAt !== null && { decidedAt: row.decidedAt }),
    ...(row.reason !== null && { reason: row.reason }),
    ...(row.expiresAt !== null && { expiresAt: row.expiresAt }),
    ...(row.version !== null && { version: row.version }),
    url: reviewUrl(publicUrl, row),
  }
}
