import { changeLines, type AccessIndex } from '@plinth/access'
import { failure, type ChangeSet, type PolicyProblem } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Executor } from '@plinth/store'
import type { Static } from 'typebox'
import type { Parts } from '../parts.ts'
import { readSettings } from '../policy/settings.ts'
import { problemsOf } from './checks.ts'
import { listApprovals, type ChangeSetRow, type State } from './store.ts'

export type ChangeParts = Pick<Parts, 'store' | 'policy' | 'clock'>
type View = Static<typeof ChangeSet>
type Problems = Static<typeof PolicyProblem>[]

const open: ReadonlySet<State> = new Set(['draft', 'proposed', 'approved'])

/** A change set as the caller sees it; an open one with all that would stop it, were it applied to `index`. */
export async function viewOf(
  executor: Executor,
  { clock }: Pick<Parts, 'clock'>,
  index: AccessIndex,
  who: Identity,
  row: ChangeSetRow,
): Promise<View> {
  const problems = open.has(row.state) ? await problemsOf(executor, index, who, row.edit, clock.now()) : []
  return viewWith(executor, row, problems)
}

/** The same where what would stop it is known. */
export async function viewWith(executor: Executor, row: ChangeSetRow, problems: Problems): Promise<View> {
  const { editors: _, edit, added: __, removed: ___, appliedRevision, appliedBy, appliedAt, ...rest } = row
  const { rejectedBy, rejectedAt, rejectionReason, ...said } = rest
  return {
    ...said,
    problems,
    // Its rows were checked against this schema when they came, or by the same rules when they came as text.
    edit: edit as View['edit'],
    diff: changeLines(edit),
    approvals: await listApprovals(executor, row.id),
    approvalsNeeded: (await readSettings(executor)).approvalsNeeded,
    ...(rejectedBy !== null &&
      rejectedAt !== null && { rejection: { by: rejectedBy, at: rejectedAt, reason: rejectionReason ?? '' } }),
    ...(appliedRevision !== null && { appliedRevision }),
    ...(appliedBy !== null && { appliedBy }),
    ...(appliedAt !== null && { appliedAt }),
  }
}

export function requireState({ id, state }: ChangeSetRow, ...allowed: State[]): void {
  if (allowed.includes(state)) return
  throw failure('authorization.change_set_state_refused', {
    detail: `${id} is ${state}; this is done to one that is ${allowed.join(' or ')}.`,
  })
}

export const unknownChangeSet = (id: string) =>
  failure('authorization.change_set_unknown', { detail: `There is no change set '${id}'.` })
