import { failure, type PolicyEdit } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { decodeCursor, pageOf, recordAudit, type Executor, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { source } from '../parts.ts'
import { policyAt } from '../policy/history.ts'
import { sizeOf, type Edit } from '../policy/rows.ts'
import * as sets from './store.ts'
import { requireState, unknownChangeSet, viewOf, type ChangeParts } from './view.ts'
import { editOf, editOfText } from './wanted-edit.ts'

type Wanted = {
  title?: string
  description?: string
  edit?: Static<typeof PolicyEdit>
  csv?: string
  baseRevision?: number
}
type ListQuery = { limit?: number; cursor?: string; state?: sets.State }

/** Change sets as texts: drafted, changed, thrown away. Nothing here touches the policy. */
export const draftUseCases = (parts: ChangeParts) => ({
  async listChangeSets({ limit = 50, cursor, state }: ListQuery) {
    const [before] = cursor === undefined ? [undefined] : decodeCursor(cursor, ['string'])
    const found = await sets.listChangeSets(parts.store.db, { before, limit: limit + 1, state })
    const page = pageOf(found, limit, (last) => [last.id])
    const items = page.items.map(({ appliedRevision, ...row }) => ({
      ...row,
      ...(appliedRevision !== null && { appliedRevision }),
    }))
    return { ...page, items }
  },

  async getChangeSet(who: Identity, id: string) {
    const row = await sets.findChangeSet(parts.store.db, id)
    if (row === undefined) throw unknownChangeSet(id)
    return viewOf(parts.store.db, parts, await parts.policy.current(), who, row)
  },

  async createChangeSet(who: Identity, wanted: Wanted & { title: string }) {
    const now = parts.clock.now()
    const { edit, baseRevision } = await drawn(parts, parts.store.db, wanted)
    const row = newRow(who.subject, now, { title: wanted.title, description: wanted.description, edit, baseRevision })
    await parts.store.transaction(async (tx) => {
      await sets.saveChangeSet(tx, row)
      await recordAudit(tx, source, who, entryOf('create', row))
    })
    return viewOf(parts.store.db, parts, await parts.policy.current(), who, row)
  },

  /** Whatever is changed, approvals are void: what was approved is not there any more. */
  async updateChangeSet(who: Identity, id: string, wanted: Wanted) {
    const rewrites = wanted.edit !== undefined || wanted.csv !== undefined
    const draft = rewrites ? await drawn(parts, parts.store.db, wanted) : undefined
    const size = draft === undefined ? {} : { ...draft, ...sizeOf(draft.edit) }
    return changed(parts, who, id, 'update', async (tx, row) => {
      await sets.deleteApprovals(tx, id)
      return {
        ...row,
        ...size,
        title: wanted.title ?? row.title,
        description: wanted.description ?? row.description,
        state: 'draft',
        editors: [...new Set([...row.editors, who.subject])],
        rejectedBy: null,
        rejectedAt: null,
        rejectionReason: null,
      }
    })
  },

  discardChangeSet: (who: Identity, id: string) =>
    changed(parts, who, id, 'discard', async (_tx, row) => ({ ...row, state: 'discarded' })),
})

type Change = (tx: Tx, row: sets.ChangeSetRow) => Promise<sets.ChangeSetRow>

/** A change of one that is not in force yet, with its entry in the ledger. */
async function changed(parts: ChangeParts, who: Identity, id: string, step: string, change: Change) {
  const saved = await parts.store.transaction(async (tx) => {
    const row = await sets.lockChangeSet(tx, id)
    if (row === undefined) throw unknownChangeSet(id)
    requireState(row, 'draft', 'proposed', 'approved', 'rejected')
    const next = { ...(await change(tx, row)), updatedAt: parts.clock.now().toISOString() }
    await sets.saveChangeSet(tx, next)
    await recordAudit(tx, source, who, entryOf(step, next))
    return next
  })
  return viewOf(parts.store.db, parts, await parts.policy.current(), who, saved)
}

/** What is wanted, as rows, with the revision that it was drawn from. */
async function drawn(
  { policy, clock }: ChangeParts,
  executor: Executor,
  { edit, csv, baseRevision }: Wanted,
): Promise<{ edit: Edit; baseRevision: number }> {
  if (edit !== undefined && csv !== undefined) {
    throw failure('authorization.policy_invalid', {
      problems: [{ path: '/body/csv', message: 'is given beside edit; give rows or the whole text' }],
    })
  }
  const index = await policy.current()
  const base = baseRevision ?? index.revision
  if (base > index.revision) {
    throw failure('authorization.revision_unknown', { detail: `There is no revision ${base} of the policy yet.` })
  }
  if (csv === undefined) return { edit: editOf(edit ?? {}), baseRevision: base }
  const drawnFrom = base === index.revision ? index.policySet() : await policyAt(executor, base)
  return { edit: editOfText(csv, drawnFrom, clock.now()), baseRevision: base }
}

type Fresh = { id?: string; title: string; description?: string | undefined; edit: Edit; baseRevision: number }

export function newRow(
  author: string,
  now: Date,
  { id = newId('chs', now.getTime()), title, description = '', edit, baseRevision }: Fresh,
): sets.ChangeSetRow {
  return {
    id,
    title,
    description,
    author,
    baseRevision,
    edit,
    ...sizeOf(edit),
    state: 'draft',
    editors: [author],
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
    rejectedBy: null,
    rejectedAt: null,
    rejectionReason: null,
    appliedRevision: null,
    appliedBy: null,
    appliedAt: null,
  }
}

/** A step of a change set, for the ledger. */
export const entryOf = (step: string, { id, title, state, added, removed, baseRevision }: sets.ChangeSetRow) => ({
  action: `change-set.${step}`,
  project: 'platform',
  object: `change-set/${id}`,
  detail: { title, state, added, removed, baseRevision },
})
