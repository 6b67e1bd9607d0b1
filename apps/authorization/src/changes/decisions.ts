import type { AccessIndex } from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import { requireRight } from '../access/rights.ts'
import { auditDenials, type Attempt } from '../denials.ts'
import { source } from '../parts.ts'
import { refuseBroken, refuseLockout, refuseRemoval } from '../policy/guards.ts'
import { changePolicy } from '../policy/change.ts'
import { readSettings } from '../policy/settings.ts'
import { lockRevision } from '../policy/store.ts'
import { badLinks, misfits, refuseBadLinks, refuseMisfits } from './checks.ts'
import { entryOf } from './drafts.ts'
import { readTests, refuseFailing, runTests } from './policy-tests.ts'
import * as sets from './store.ts'
import { requireState, unknownChangeSet, viewOf, viewWith, type ChangeParts } from './view.ts'
import { writeEdit } from './write-edit.ts'

/** What is decided about a change set: proposed, approved, refused, put in force. */
export const decisionUseCases = (parts: ChangeParts) => ({
  /** Held to everything but the rights of whoever will apply it. */
  propose: (who: Identity, id: string) =>
    decided(parts, who, id, 'propose', async (tx, row, index) => {
      requireState(row, 'draft')
      await refuseUnfit(tx, parts, index, row)
      const next = index.apply({ revision: index.revision + 1, ...row.edit })
      await refuseLockout(tx, next)
      await refuseBroken(tx, index, next)
      const { approvalsNeeded } = await readSettings(tx)
      return { ...row, state: approvalsNeeded === 0 ? 'approved' : 'proposed' }
    }),

  /** By others than those who wrote it, each once. What nobody waits for any more is refused. */
  approve: (who: Identity, id: string) =>
    decided(parts, who, id, 'approve', async (tx, row, index) => {
      requireRight(index, who, { action: 'approve', object: 'policy', domain: '*' })
      const { approvalsNeeded } = await readSettings(tx)
      const before = await sets.countApprovals(tx, id)
      if (row.state !== 'approved' || before >= approvalsNeeded) requireState(row, 'proposed')
      if (row.editors.includes(who.subject)) {
        throw failure('authorization.self_approval_refused', {
          detail: 'Nobody approves what he wrote himself; ask somebody else who may approve policies.',
        })
      }
      const isNew = await sets.insertApproval(tx, id, who.subject, parts.clock.now())
      if (!isNew) return undefined
      return { ...row, state: before + 1 >= approvalsNeeded ? 'approved' : 'proposed' }
    }),

  reject: (who: Identity, id: string, reason: string) =>
    decided(parts, who, id, 'reject', async (_tx, row, index) => {
      requireRight(index, who, { action: 'approve', object: 'policy', domain: '*' })
      requireState(row, 'proposed', 'approved')
      const rejectedAt = parts.clock.now().toISOString()
      return { ...row, state: 'rejected', rejectedBy: who.subject, rejectedAt, rejectionReason: reason }
    }),

  /** Whole or not at all: the rows, the revision, the change set and the entry in the ledger are one transaction. */
  apply(who: Identity, id: string) {
    const attempt = { action: 'change-set.apply', object: `change-set/${id}` }
    return auditDenials(parts, who, attempt, () =>
      changePolicy(
        parts,
        who,
        async (tx, index) => {
          const row = await sets.lockChangeSet(tx, id)
          if (row === undefined) throw unknownChangeSet(id)
          requireState(row, 'approved', 'proposed')
          await refuseUnapproved(tx, row)
          await refuseUnfit(tx, parts, index, row)
          const applied = await putInForce(tx, parts, who, index, row)
          await recordAudit(tx, source, who, entryOfApplied(attempt, applied))
          return { edit: row.edit, result: await viewWith(tx, applied, []), summary: row.title }
        },
        { changeSet: id },
      ),
    )
  },
})

type Decide = (tx: Tx, row: sets.ChangeSetRow, index: AccessIndex) => Promise<sets.ChangeSetRow | undefined>

/** One step on a change set that is held still; `undefined` leaves it as it is. */
async function decided(parts: ChangeParts, who: Identity, id: string, step: string, decide: Decide) {
  const row = await auditDenials(parts, who, { action: `change-set.${step}`, object: `change-set/${id}` }, () =>
    parts.store.transaction(async (tx) => {
      // In the order in which an application locks, which would else wait for us as we wait for it.
      await lockRevision(tx)
      const found = await sets.lockChangeSet(tx, id)
      if (found === undefined) throw unknownChangeSet(id)
      const next = await decide(tx, found, await parts.policy.current(tx))
      if (next === undefined) return found
      const saved = { ...next, updatedAt: parts.clock.now().toISOString() }
      await sets.saveChangeSet(tx, saved)
      const { detail, ...entry } = entryOf(step, saved)
      const reason = saved.rejectionReason
      await recordAudit(tx, source, who, { ...entry, detail: { ...detail, ...(reason !== null && { reason }) } })
      return saved
    }),
  )
  return viewOf(parts.store.db, parts, await parts.policy.current(), who, row)
}

async function refuseUnapproved(tx: Tx, { id }: sets.ChangeSetRow): Promise<void> {
  const { approvalsNeeded } = await readSettings(tx)
  const count = await sets.countApprovals(tx, id)
  if (count >= approvalsNeeded) return
  throw failure('authorization.change_set_state_refused', {
    detail: `${id} has ${count} of the ${approvalsNeeded} approvals that it needs.`,
  })
}

/** What keeps an edit from being applied, whoever applies it: rows that do not fit, and policy tests. */
async function refuseUnfit(tx: Tx, { clock }: ChangeParts, index: AccessIndex, row: sets.ChangeSetRow): Promise<void> {
  const { edit } = row
  if (row.added + row.removed === 0)
    throw failure('authorization.policy_invalid', { detail: 'It changes nothing; add or remove rows first.' })
  await refuseRows(tx, clock.now(), index, row)
  const next = index.apply({ revision: index.revision + 1, ...edit })
  refuseFailing(runTests(next, await readTests(tx)))
}

/** @throws platform.conflict, authorization.policy_invalid naming the rows */
export async function refuseRows(tx: Tx, now: Date, index: AccessIndex, { edit }: sets.ChangeSetRow): Promise<void> {
  const policy = index.policySet()
  refuseMisfits(misfits(edit, policy, now))
  refuseBadLinks(await badLinks(tx, edit, policy))
}

/** Writes the rows and notes it; the guards over what is given are those of every change of the policy. */
export async function putInForce(
  tx: Tx,
  { clock }: ChangeParts,
  who: Identity,
  index: AccessIndex,
  row: sets.ChangeSetRow,
): Promise<sets.ChangeSetRow> {
  refuseRemoval({ index, passing: [] }, who, row.edit)
  await writeEdit(tx, row.edit, who.subject, clock.now())
  const now = clock.now().toISOString()
  const applied: sets.ChangeSetRow = {
    ...row,
    state: 'applied',
    updatedAt: now,
    appliedAt: now,
    appliedBy: who.subject,
    appliedRevision: index.revision + 1,
  }
  await sets.saveChangeSet(tx, applied)
  return applied
}

export const entryOfApplied = (attempt: Attempt, row: sets.ChangeSetRow) => ({
  ...entryOf('apply', row),
  ...attempt,
  project: 'platform',
  detail: { ...entryOf('apply', row).detail, ...attempt.detail, revision: row.appliedRevision, author: row.author },
})
