import { failure } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor } from '@plinth/store'

export type ChangeRequestState = 'open' | 'approved' | 'merged' | 'closed' | 'failed'
export type ChangeRequest = {
  project: string
  number: number
  kind: 'merge' | 'promotion'
  title: string
  description: string
  author: string
  state: ChangeRequestState
  repository: string
  sourceBranch: string | null
  targetBranch: string | null
  component: string | null
  environment: string | null
  release: string | null
  fromRevision: string | null
  toRevision: string
  mergeRevision: string | null
  result: string | null
  createdAt: string
  closedAt: string | null
}
export type Approval = { subject: string; at: string }

const columns = sql`project, number, kind, title, description, author, state, repository, source_branch as "sourceBranch",
  target_branch as "targetBranch", component, environment, release_id as release, from_revision as "fromRevision",
  to_revision as "toRevision", merge_revision as "mergeRevision", result, ${isoTime(sql`created_at`)} as "createdAt",
  ${isoTime(sql`closed_at`)} as "closedAt"`

type NewChangeRequest = Omit<ChangeRequest, 'number' | 'state' | 'mergeRevision' | 'result' | 'createdAt' | 'closedAt'>

/** Numbers count per project, without gaps: the counter's row is locked until the transaction ends. */
export async function insertChangeRequest(db: Executor, want: NewChangeRequest): Promise<ChangeRequest> {
  const [counter] = await rows<{ last: number }>(
    db,
    sql`insert into change_request_numbers as n (project, last) values (${want.project}, 1)
    on conflict (project) do update set last = n.last + 1 returning last`,
  )
  const [made] = await rows<ChangeRequest>(
    db,
    sql`
    insert into change_requests (project, number, kind, title, description, author, repository, source_branch, target_branch,
      component, environment, release_id, from_revision, to_revision)
    values (${want.project}, ${counter?.last ?? 1}, ${want.kind}, ${want.title}, ${want.description}, ${want.author}, ${want.repository},
      ${want.sourceBranch}, ${want.targetBranch}, ${want.component}, ${want.environment}, ${want.release}, ${want.fromRevision}, ${want.toRevision})
    on conflict do nothing returning ${columns}`,
  )
  if (made === undefined) throw failure('gitops.change_request_exists')
  return made
}

/** What makes a number one that the caller's path may name: the same kind, and the same repository or environment. */
export type Where =
  | { project: string; number: number; repository: string }
  | { project: string; number: number; environment: string }

/** Throws gitops.change_request_unknown; another repository's or environment's number counts as unknown. */
export async function mustFindChangeRequest(
  db: Executor,
  where: Where,
  lock: 'lock' | 'read' = 'read',
): Promise<ChangeRequest> {
  const place =
    'repository' in where
      ? sql`kind = 'merge' and repository = ${where.repository}`
      : sql`kind = 'promotion' and environment = ${where.environment}`
  // A number beyond PostgreSQL's integer names nothing.
  const number = where.number > 2_147_483_647 ? 0 : where.number
  const [found] = await rows<ChangeRequest>(
    db,
    sql`select ${columns} from change_requests
    where project = ${where.project} and number = ${number} and ${place} ${lock === 'lock' ? sql`for update` : sql``}`,
  )
  if (found === undefined) throw failure('gitops.change_request_unknown')
  return found
}

export async function lockChangeRequest(
  db: Executor,
  project: string,
  number: number,
): Promise<ChangeRequest | undefined> {
  const [found] = await rows<ChangeRequest>(
    db,
    sql`select ${columns} from change_requests where project = ${project} and number = ${number} for update`,
  )
  return found
}

type PageOptions = { state: ChangeRequestState | undefined; before: number | undefined; limit: number }

export const listChangeRequests = (
  db: Executor,
  project: string,
  { state, before, limit }: PageOptions,
): Promise<ChangeRequest[]> =>
  rows<ChangeRequest>(
    db,
    sql`select ${columns} from change_requests where project = ${project}
    and ${state === undefined ? sql`true` : sql`state = ${state}`} and ${before === undefined ? sql`true` : sql`number < ${before}`}
    order by number desc limit ${limit}`,
  )

/** What waits for somebody, of a component and its repository. */
export const waitingFor = (
  db: Executor,
  project: string,
  { component, repository }: { component: string; repository: string },
): Promise<ChangeRequest[]> =>
  rows<ChangeRequest>(
    db,
    sql`select ${columns} from change_requests where project = ${project} and state in ('open', 'approved')
    and (component = ${component} or (kind = 'merge' and repository = ${repository})) order by number desc limit 50`,
  )

/** Open merges into or out of a branch. */
export const openMergesOf = (
  db: Executor,
  project: string,
  repository: string,
  branch: string,
): Promise<ChangeRequest[]> =>
  rows<ChangeRequest>(
    db,
    sql`select ${columns} from change_requests where project = ${project} and repository = ${repository}
    and kind = 'merge' and state in ('open', 'approved') and (source_branch = ${branch} or target_branch = ${branch}) order by number for update`,
  )

/** Open merges of a repository. */
export const openMergesIn = (db: Executor, project: string, repository: string): Promise<ChangeRequest[]> =>
  rows<ChangeRequest>(
    db,
    sql`select ${columns} from change_requests where project = ${project} and repository = ${repository}
    and kind = 'merge' and state in ('open', 'approved') order by number for update`,
  )

export const openPromotionsOf = (db: Executor, project: string, component: string): Promise<ChangeRequest[]> =>
  rows<ChangeRequest>(
    db,
    sql`select ${columns} from change_requests where project = ${project} and component = ${component}
    and kind = 'promotion' and state in ('open', 'approved') order by number for update`,
  )

export const approvalsOf = (db: Executor, project: string, number: number): Promise<Approval[]> =>
  rows<Approval>(
    db,
    sql`select subject, ${isoTime(sql`at`)} as at from approvals where project = ${project} and number = ${number} order by at, subject`,
  )

export async function insertApproval(
  db: Executor,
  { project, number }: ChangeRequest,
  subject: string,
): Promise<boolean> {
  const made = await db.execute(
    sql`insert into approvals (project, number, subject) values (${project}, ${number}, ${subject}) on conflict do nothing`,
  )
  return made.rowCount === 1
}

/** The source has other commits now: whoever approved has not seen them. */
export async function moveHead(db: Executor, { project, number }: ChangeRequest, toRevision: string): Promise<void> {
  await db.execute(sql`delete from approvals where project = ${project} and number = ${number}`)
  await db.execute(
    sql`update change_requests set to_revision = ${toRevision}, state = 'open', merge_revision = null where project = ${project} and number = ${number}`,
  )
}

export async function setMergeRevision(
  db: Executor,
  { project, number }: ChangeRequest,
  revision: string,
): Promise<void> {
  await db.execute(
    sql`update change_requests set merge_revision = ${revision} where project = ${project} and number = ${number}`,
  )
}

/** Ends it, or approves it; `result` says how it ended. */
export async function setState(
  db: Executor,
  { project, number }: ChangeRequest,
  state: ChangeRequestState,
  result: string | null = null,
): Promise<void> {
  const over = state !== 'open' && state !== 'approved'
  await db.execute(sql`update change_requests set state = ${state}, result = coalesce(${result}, result),
    closed_at = ${over ? sql`now()` : sql`null`} where project = ${project} and number = ${number}`)
}
