import type { AccessIndex, PolicySet } from '@plinth/access'
import { failure } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import { platform, type Parts } from '../parts.ts'
import { rowsOf, sizeOf, summaryOf, type Edit } from './rows.ts'
import { keepWhole, lockRevision } from './store.ts'

/** Steps between two wholes: what `policyAt` reads at most. */
const wholeEvery = 500

type Step = { revision: number; edit: Edit; by: string; at: Date; summary?: string; changeSet?: string | undefined }

/**
 * Makes the revision that stands a place to compute from, unless it is one: at the first start, where it becomes the
 * first row, and when somebody raised it without this service.
 */
export async function keepStart(tx: Tx, index: AccessIndex, by: string, now: Date): Promise<void> {
  const [known] = await rows<{ some: boolean; here: boolean }>(
    tx,
    sql`select exists (select 1 from policy_wholes) as some, exists (
      select 1 from policy_revisions where revision = ${index.revision}
      union all select 1 from policy_wholes where revision = ${index.revision}) as here`,
  )
  if (known?.here === true) return
  await keepWhole(tx)
  if (known?.some === true) return
  const { rules, links, freezes } = index.policySet()
  const edit = { addRules: rules, addLinks: links, ...(freezes !== undefined && { freezes }) }
  const isFirst = index.revision === 1
  await insertStep(tx, { revision: index.revision, edit, by, at: now, summary: 'the policy as it was found' }, isFirst)
}

/** Before the first request: the revision that stands becomes the first of the history, unless there is one. */
export const startHistory = ({ store, policy, clock }: Pick<Parts, 'store' | 'policy' | 'clock'>): Promise<void> =>
  store.transaction(async (tx) => {
    if ((await lockRevision(tx)) === 0) return
    await keepStart(tx, await policy.current(tx), platform.subject, clock.now())
  })

/** Keeps the step to `next`, which is what the rows are by now, and those as a whole where it is time. */
export async function keepStep(tx: Tx, next: AccessIndex, step: Omit<Step, 'revision'>): Promise<void> {
  await insertStep(tx, { ...step, revision: next.revision })
  if (next.revision % wholeEvery === 0) await keepWhole(tx)
}

/** Where the step before is not known, the rows are no step that anybody could follow: it leads to no revision. */
const insertStep = (tx: Tx, { revision, edit, by, at, summary, changeSet }: Step, follows = true) => {
  const { added, removed } = sizeOf(edit)
  return tx.execute(sql`insert into policy_revisions
    (revision, at, by_subject, summary, change_set, added, removed, step)
    values (${revision}, ${at.toISOString()}::timestamptz, ${by}, ${summary ?? summaryOf(edit)}, ${changeSet ?? null},
      ${added}, ${removed}, ${JSON.stringify({ revision: follows ? revision : 0, ...edit })}::jsonb)`)
}

/**
 * The policy as it was at a revision: the nearest whole before it, and the steps from there.
 *
 * @throws authorization.revision_unknown where it is not kept
 */
export async function policyAt(executor: Executor, revision: number): Promise<PolicySet> {
  const [whole] = await rows<{ revision: number; policy: PolicySet }>(
    executor,
    sql`select revision::float8 as revision, policy from policy_wholes where revision <= ${revision}
      order by revision desc limit 1`,
  )
  if (whole === undefined) throw unknown(revision)
  const steps = await rows<{ step: Edit }>(
    executor,
    sql`select step from policy_revisions where revision > ${whole.revision} and revision <= ${revision}
      order by revision`,
  )
  if (steps.length !== revision - whole.revision) throw unknown(revision)
  const policy = rowsOf(whole.policy)
  for (const { step } of steps) policy.apply(step)
  return policy.policySet(revision)
}

const unknown = (revision: number) =>
  failure('authorization.revision_unknown', { detail: `The policy's revision ${revision} is not kept here.` })

export type RevisionRow = {
  revision: number
  at: string
  by: string
  summary: string
  changeSet: string | null
  added: number
  removed: number
}

export const listRevisions = (executor: Executor, o: { before: number | undefined; limit: number }) =>
  rows<RevisionRow>(
    executor,
    sql`select revision::float8 as revision, ${isoTime(sql`at`)} as at, by_subject as by, summary,
        change_set as "changeSet", added, removed
      from policy_revisions where ${o.before === undefined ? sql`true` : sql`revision < ${o.before}`}
      order by revision desc limit ${o.limit}`,
  )
