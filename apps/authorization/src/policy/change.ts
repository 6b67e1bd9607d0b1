import type { AccessIndex, Link, PolicyChange, Rule } from '@plinth/access'
import { policyChanged } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { appendEvent, type Tx } from '@plinth/store'
import type { Parts, platform } from '../parts.ts'
import { refuseEscalation, refuseLockout, takesAway } from './guards.ts'
import { lockRevision, setRevision } from './store.ts'

/** The rows that a transaction has added to and removed from the policy. */
export type Edit = {
  addRules?: readonly Rule[]
  removeRules?: readonly Rule[]
  addLinks?: readonly Link[]
  removeLinks?: readonly Link[]
}

/** Who changes it: a person or program, held to what it may grant; or the platform itself. */
export type Changer = Identity | typeof platform

type Wanted<T> = { edit: Edit; result: T }

/**
 * Changes the policy: a transaction that holds the policy still, gives `work` the index as it stands, and then, if rows
 * were changed, checks that nobody got more than the caller has and that somebody can still administer, raises the
 * revision by one and announces it. `work` writes the rows itself and says which. The only way to change the policy.
 */
export async function changePolicy<T>(
  parts: Pick<Parts, 'store' | 'policy'>,
  who: Changer,
  work: (tx: Tx, index: AccessIndex) => Promise<Wanted<T>>,
): Promise<T> {
  const { result, change } = await parts.store.transaction((tx) => changePolicyIn(tx, parts, who, work))
  if (change !== undefined) parts.policy.follow(change)
  return result
}

/** The same in a transaction that there is already; the index follows at the next decision. */
export async function changePolicyIn<T>(
  tx: Tx,
  { policy }: Pick<Parts, 'policy'>,
  who: Changer,
  work: (tx: Tx, index: AccessIndex) => Promise<Wanted<T>>,
): Promise<{ result: T; change: PolicyChange | undefined }> {
  await lockRevision(tx)
  const index = await policy.current(tx)
  const { edit, result } = await work(tx, index)
  if (Object.values(edit).every((list) => list.length === 0)) return { result, change: undefined }
  const change = { revision: index.revision + 1, ...edit }
  if ('subjects' in who) {
    refuseEscalation(index, who.subjects, edit)
    if (takesAway(edit)) await refuseLockout(tx, index.apply(change))
  }
  await setRevision(tx, change.revision)
  await appendEvent(tx, policyChanged, {
    project: 'platform',
    entity: 'policy',
    actor: who.subject,
    data: { revision: change.revision },
  })
  return { result, change }
}
