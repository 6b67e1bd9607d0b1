import type { AccessIndex, PolicyChange } from '@plinth/access'
import { failure, policyChanged, type EventData } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, type Tx } from '@plinth/store'
import type { Parts, platform } from '../parts.ts'
import { passingLinks, refuseBeyond, refuseBroken, refuseLockout, takesAway } from './guards.ts'
import { keepStart, keepStep } from './history.ts'
import { isEmpty, isMembership, type Edit } from './rows.ts'
import { readSettings } from './settings.ts'
import { lockRevision, setRevision } from './store.ts'

/** Who changes it: a person or program, held to what it may grant; or the platform itself. */
export type Changer = Identity | typeof platform

/** What the transaction did: the rows, what the caller gets, and a line for the list of revisions. */
type Wanted<T> = { edit: Edit; result: T; summary?: string }

type Options = {
  /** Needs no change set where those are demanded: access for a time and its end, the end of a service account. */
  exempt?: boolean
  /** Gives what the caller lacks, by a right of its own to do so: he breaks the glass. */
  escalates?: boolean
  /** The change set that is put in force. */
  changeSet?: string
}

/** A step that is larger is not sent along: whoever needs it asks. */
const stepBytesMax = 200 * 1024

/**
 * Changes the policy: a transaction that holds the policy still, gives `work` the index as it stands, and then, if rows
 * were changed, checks that nobody got more than the caller has and that somebody can still administer, raises the
 * revision by one, keeps the step, and announces it. `work` writes the rows itself and says which. The only way to
 * change the policy.
 *
 * @throws authorization.change_set_needed, escalation_refused, lockout_refused, constraint_refused: nothing is written
 */
export async function changePolicy<T>(
  parts: Pick<Parts, 'store' | 'policy' | 'clock'>,
  who: Changer,
  work: (tx: Tx, index: AccessIndex) => Promise<Wanted<T>>,
  options: Options = {},
): Promise<T> {
  const { result, change } = await parts.store.transaction((tx) => changePolicyIn(tx, parts, who, work, options))
  if (change !== undefined) parts.policy.follow(change)
  return result
}

/** The same in a transaction that there is already; the index follows at the next decision. */
export async function changePolicyIn<T>(
  tx: Tx,
  { policy, clock }: Pick<Parts, 'policy' | 'clock'>,
  who: Changer,
  work: (tx: Tx, index: AccessIndex) => Promise<Wanted<T>>,
  options: Options = {},
): Promise<{ result: T; change: PolicyChange | undefined }> {
  await lockRevision(tx)
  const index = await policy.current(tx)
  await keepStart(tx, index, who.subject, clock.now())
  const passing = await passingLinks(tx)
  const { edit, result, summary } = await work(tx, index)
  if (isEmpty(edit)) return { result, change: undefined }
  const change = { revision: index.revision + 1, ...edit }
  const next = index.apply(change)
  if ('subjects' in who) {
    if (options.exempt !== true && options.changeSet === undefined) await refuseUnapproved(tx, edit)
    if (options.escalates !== true) refuseBeyond({ index, passing }, who, edit)
    if (takesAway(edit)) await refuseLockout(tx, next)
    if ((edit.addLinks ?? []).length + (edit.removeLinks ?? []).length > 0) await refuseBroken(tx, index, next)
  }
  await setRevision(tx, change.revision)
  await keepStep(tx, next, {
    edit,
    by: who.subject,
    at: clock.now(),
    changeSet: options.changeSet,
    ...(summary !== undefined && { summary }),
  })
  await appendEvent(tx, policyChanged, {
    project: 'platform',
    entity: 'policy',
    actor: who.subject,
    data: announcement(change),
  })
  return { result, change }
}

/** Where changes need approval, rules and bindings change by change sets alone. Who is in a group is no such change. */
async function refuseUnapproved(tx: Tx, edit: Edit): Promise<void> {
  const links = [...(edit.addLinks ?? []), ...(edit.removeLinks ?? [])]
  const isGoverned =
    (edit.addRules ?? []).length > 0 || (edit.removeRules ?? []).length > 0 || links.some((link) => !isMembership(link))
  if (!isGoverned || (await readSettings(tx)).approvalsNeeded === 0) return
  throw failure('authorization.change_set_needed', {
    detail: 'Changes of the policy need approval here: draft a change set with POST /api/v1/access/change-sets.',
  })
}

function announcement(change: PolicyChange): EventData<typeof policyChanged> {
  const { revision } = change
  const step = JSON.stringify(change)
  return Buffer.byteLength(step) > stepBytesMax
    ? { revision }
    : { revision, step: JSON.parse(step) as NonNullable<EventData<typeof policyChanged>['step']> }
}
