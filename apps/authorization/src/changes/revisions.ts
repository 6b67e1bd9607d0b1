import { changeLines } from '@plinth/access'
import { failure } from '@plinth/contracts'
import { AppError, newId, type Identity } from '@plinth/kernel'
import { decodeCursor, pageOf, recordAudit } from '@plinth/store'
import { auditDenials } from '../denials.ts'
import { source } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { listRevisions, policyAt } from '../policy/history.ts'
import { sizeOf } from '../policy/rows.ts'
import { readSettings } from '../policy/settings.ts'
import { entryOfApplied, putInForce, refuseRows } from './decisions.ts'
import { newRow } from './drafts.ts'
import { saveChangeSet, type ChangeSetRow } from './store.ts'
import { viewOf, viewWith, type ChangeParts } from './view.ts'
import { editBetween } from './wanted-edit.ts'

type Restored = { row: ChangeSetRow; view: Awaited<ReturnType<typeof viewWith>> | undefined }

/** What the policy was, and the way back to it. */
export const revisionUseCases = (parts: ChangeParts) => ({
  async listPolicyRevisions({ limit = 50, cursor }: { limit?: number; cursor?: string }) {
    const [before] = cursor === undefined ? [undefined] : decodeCursor(cursor, ['number'])
    const found = await listRevisions(parts.store.db, { before, limit: limit + 1 })
    const page = pageOf(found, limit, (last) => [last.revision])
    const items = page.items.map(({ changeSet, ...row }) => ({ ...row, ...(changeSet !== null && { changeSet }) }))
    return { ...page, items }
  },

  /** The rows that lead from one revision to another, either way round. */
  async diffPolicyRevisions(revision: number, from?: number) {
    const { db } = parts.store
    const after = await policyAt(db, revision)
    const before = await policyAt(db, from ?? revision - 1).catch((error: unknown) => {
      // The first one that is kept is shown as the beginning that it is.
      if (from === undefined && error instanceof AppError && error.kind === 'not_found')
        return { revision: 0, rules: [], links: [] }
      throw error
    })
    return changeLines(editBetween(before, after))
  },

  /**
   * Goes back: rules and links become those of the revision, row for row; freezes stay, as they are of their time. At
   * once where no approval is needed, without the policy tests, which must not keep anybody from the way back.
   */
  restorePolicyRevision(who: Identity, revision: number, reason: string) {
    const attempt = { action: 'policy.restore', object: `policy/${revision}`, detail: { revision, reason } }
    const id = newId('chs', parts.clock.now().getTime())
    return auditDenials(parts, who, attempt, async () => {
      const { row, view } = await changePolicy<Restored>(
        parts,
        who,
        async (tx, index) => {
          const past = await policyAt(tx, revision)
          const edit = editBetween(index.policySet(), past)
          const { added, removed } = sizeOf(edit)
          if (added + removed === 0) {
            throw failure('platform.conflict', { detail: `The policy is as it was at revision ${revision} already.` })
          }
          const title = `Restore revision ${revision}`
          const now = parts.clock.now()
          const draft = newRow(who.subject, now, { id, title, description: reason, edit, baseRevision: index.revision })
          if ((await readSettings(tx)).approvalsNeeded > 0) {
            const proposed = { ...draft, state: 'proposed' as const }
            await saveChangeSet(tx, proposed)
            await recordAudit(tx, source, who, entryOfApplied(attempt, proposed))
            return { edit: {}, result: { row: proposed, view: undefined } }
          }
          await refuseRows(tx, now, index, draft)
          const applied = await putInForce(tx, parts, who, index, draft)
          await recordAudit(tx, source, who, entryOfApplied(attempt, applied))
          return { edit, result: { row: applied, view: await viewWith(tx, applied, []) }, summary: title }
        },
        { changeSet: id },
      )
      return view ?? viewOf(parts.store.db, parts, await parts.policy.current(), who, row)
    })
  },
})
