import type { ChangeSet, ChangeSetState } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import type { Edit } from '../policy/rows.ts'

export type State = Static<typeof ChangeSetState>
export type Approval = Static<typeof ChangeSet>['approvals'][number]

export type ChangeSetRow = {
  id: string
  title: string
  description: string
  state: State
  author: string
  /** The author, and whoever else had a hand in what it says. */
  editors: string[]
  baseRevision: number
  edit: Edit
  added: number
  removed: number
  createdAt: string
  updatedAt: string
  rejectedBy: string | null
  rejectedAt: string | null
  rejectionReason: string | null
  appliedRevision: number | null
  appliedBy: string | null
  appliedAt: string | null
}

const summary = sql`id, title, state, author, base_revision::float8 as "baseRevision",
  applied_revision::float8 as "appliedRevision", added, removed,
  ${isoTime(sql`created_at`)} as "createdAt", ${isoTime(sql`updated_at`)} as "updatedAt"`
const columns = sql`${summary}, description, editors, edit, rejected_by as "rejectedBy",
  ${isoTime(sql`rejected_at`)} as "rejectedAt", rejection_reason as "rejectionReason", applied_by as "appliedBy",
  ${isoTime(sql`applied_at`)} as "appliedAt"`

export async function findChangeSet(executor: Executor, id: string): Promise<ChangeSetRow | undefined> {
  const [found] = await rows<ChangeSetRow>(executor, sql`select ${columns} from change_sets where id = ${id}`)
  return found
}

/** Holds it still until the transaction ends. Whoever also locks the policy's revision locks that first. */
export async function lockChangeSet(tx: Tx, id: string): Promise<ChangeSetRow | undefined> {
  const [found] = await rows<ChangeSetRow>(tx, sql`select ${columns} from change_sets where id = ${id} for update`)
  return found
}

export type SummaryRow = Pick<
  ChangeSetRow,
  | 'id' | 'title' | 'state' | 'author' | 'baseRevision' | 'appliedRevision' | 'added' | 'removed' | 'createdAt'
  | 'updatedAt'
> // prettier-ignore

/** Newest first, before the given id where there is one. */
export const listChangeSets = (
  executor: Executor,
  o: { before: string | undefined; limit: number; state: State | undefined },
): Promise<SummaryRow[]> =>
  rows<SummaryRow>(
    executor,
    sql`select ${summary} from change_sets where ${o.before === undefined ? sql`true` : sql`id < ${o.before}`}
      and ${o.state === undefined ? sql`true` : sql`state = ${o.state}`} order by id desc limit ${o.limit}`,
  )

/** Writes it as it is now, new or changed. */
export async function saveChangeSet(tx: Tx, row: ChangeSetRow): Promise<void> {
  await tx.execute(sql`insert into change_sets (id, title, description, state, author, editors, base_revision, edit,
      added, removed, created_at, updated_at, rejected_by, rejected_at, rejection_reason, applied_revision, applied_by,
      applied_at)
    values (${row.id}, ${row.title}, ${row.description}, ${row.state}, ${row.author},
      ${JSON.stringify(row.editors)}::jsonb, ${row.baseRevision}, ${JSON.stringify(row.edit)}::jsonb, ${row.added},
      ${row.removed}, ${row.createdAt}::timestamptz, ${row.updatedAt}::timestamptz, ${row.rejectedBy},
      ${row.rejectedAt}::timestamptz, ${row.rejectionReason}, ${row.appliedRevision}, ${row.appliedBy},
      ${row.appliedAt}::timestamptz)
    on conflict (id) do update set title = excluded.title, description = excluded.description,
      state = excluded.state, editors = excluded.editors, base_revision = excluded.base_revision,
      edit = excluded.edit, added = excluded.added, removed = excluded.removed, updated_at = excluded.updated_at,
      rejected_by = excluded.rejected_by, rejected_at = excluded.rejected_at,
      rejection_reason = excluded.rejection_reason, applied_revision = excluded.applied_revision,
      applied_by = excluded.applied_by, applied_at = excluded.applied_at`)
}

export const listApprovals = (executor: Executor, id: string): Promise<Approval[]> =>
  rows<Approval>(
    executor,
    sql`select by_subject as by, ${isoTime(sql`at`)} as at from change_set_approvals where change_set = ${id}
      order by change_set_approvals.at, by_subject`,
  )

/** How many approvals count: those of users who were disabled since do not. */
export async function countApprovals(executor: Executor, id: string): Promise<number> {
  const [found] = await rows<{ count: number }>(
    executor,
    sql`select count(*)::int as count from change_set_approvals where change_set = ${id} and not exists (
      select 1 from users where disabled and by_subject = 'user:' || username)`,
  )
  return found?.count ?? 0
}

/** False when this subject has approved it already. */
export async function insertApproval(tx: Tx, id: string, by: string, now: Date): Promise<boolean> {
  const made = await tx.execute(sql`insert into change_set_approvals (change_set, by_subject, at)
    values (${id}, ${by}, ${now.toISOString()}::timestamptz) on conflict do nothing`)
  return made.rowCount === 1
}

export const deleteApprovals = (tx: Tx, id: string) =>
  tx.execute(sql`delete from change_set_approvals where change_set = ${id}`)
