import type { Application as ApplicationSchema, SyncRecord } from '@plinth/contracts'
import { failure } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'

export type ApplicationKey = { project: string; environment: string; component: string }
export type ApplicationView = Static<typeof ApplicationSchema>
type SyncState = Static<typeof SyncRecord>['state']

export type Application = ApplicationKey & {
  repository: string
  automatic: boolean
  position: number
  targetRevision: string | null
  targetRelease: string | null
  syncSeq: number | null
  liveRevision: string | null
  liveDeployment: string | null
  workloadState: string | null
  sync: ApplicationView['sync']
  health: ApplicationView['health']
  detail: string | null
  url: string | null
  observedAt: string | null
}

export type Sync = ApplicationKey & {
  seq: number
  id: string
  revision: string
  release: string | null
  deployment: string
  state: SyncState
  detail: string | null
  actor: string
  reason: string
  changeRequest: number | null
  originSeq: number | null
  sentAt: string | null
  startedAt: string
  finishedAt: string | null
}

const columns = sql`project, environment, component, repository, automatic, position, target_revision as "targetRevision",
  target_release as "targetRelease", sync_seq::float8 as "syncSeq", live_revision as "liveRevision", live_deployment as "liveDeployment",
  workload_state as "workloadState", sync, health, detail, url, ${isoTime(sql`observed_at`)} as "observedAt"`
const syncColumns = sql`seq::float8 as seq, id, project, environment, component, revision, release_id as release, deployment, state, detail,
  actor, reason, change_request as "changeRequest", origin_seq::float8 as "originSeq", ${isoTime(sql`sent_at`)} as "sentAt",
  ${isoTime(sql`started_at`)} as "startedAt", ${isoTime(sql`finished_at`)} as "finishedAt"`

const keyed = ({ project, environment, component }: ApplicationKey) =>
  sql`project = ${project} and environment = ${environment} and component = ${component}`

export const queueKey = ({ project, environment, component }: ApplicationKey): string =>
  `${project}/${environment}/${component}`

export function readQueueKey(key: string): ApplicationKey {
  const [project = '', environment = '', component = ''] = key.split('/')
  return { project, environment, component }
}

export async function insertApplication(
  db: Executor,
  want: ApplicationKey & Pick<Application, 'repository' | 'automatic' | 'position'>,
): Promise<void> {
  const { project, environment, component, repository, automatic, position } = want
  await db.execute(sql`insert into applications (project, environment, component, repository, automatic, position)
    values (${project}, ${environment}, ${component}, ${repository}, ${automatic}, ${position})
    on conflict (project, environment, component) do update set automatic = excluded.automatic, position = excluded.position`)
}

/** `lock`: nobody else changes it until the transaction ends; every change of an application takes it first. */
export async function findApplication(
  db: Executor,
  key: ApplicationKey,
  lock: 'lock' | 'read' = 'read',
): Promise<Application | undefined> {
  const [found] = await rows<Application>(
    db,
    sql`select ${columns} from applications where ${keyed(key)} ${lock === 'lock' ? sql`for update` : sql``}`,
  )
  return found
}

/** Throws gitops.application_unknown. */
export async function mustFindApplication(
  db: Executor,
  key: ApplicationKey,
  lock: 'lock' | 'read' = 'read',
): Promise<Application> {
  const found = await findApplication(db, key, lock)
  if (found === undefined)
    throw failure('gitops.application_unknown', {
      detail: `There is no application ${key.component} in ${key.project}/${key.environment}.`,
    })
  return found
}

export const listApplications = (
  db: Executor,
  project: string,
  component: string | undefined,
): Promise<Application[]> =>
  rows<Application>(
    db,
    sql`select ${columns} from applications where project = ${project}
    and ${component === undefined ? sql`true` : sql`component = ${component}`} order by component, position, environment limit 5000`,
  )

export type Observed = Pick<
  Application,
  'liveRevision' | 'liveDeployment' | 'workloadState' | 'sync' | 'health' | 'detail' | 'url' | 'observedAt'
>

export async function saveObserved(db: Executor, key: ApplicationKey, seen: Observed): Promise<void> {
  await db.execute(sql`update applications set live_revision = ${seen.liveRevision}, live_deployment = ${seen.liveDeployment},
    workload_state = ${seen.workloadState}, sync = ${seen.sync}, health = ${seen.health}, detail = ${seen.detail}, url = ${seen.url},
    observed_at = ${seen.observedAt}::timestamptz where ${keyed(key)}`)
}

type Target = { revision: string; release: string | null; syncSeq: number }

export async function saveTarget(
  db: Executor,
  key: ApplicationKey,
  { revision, release, syncSeq }: Target,
): Promise<void> {
  await db.execute(sql`update applications set target_revision = ${revision}, target_release = ${release}, sync_seq = ${syncSeq},
    sync = 'OutOfSync', health = 'Progressing', detail = null where ${keyed(key)}`)
}

type NewSync = ApplicationKey &
  Pick<Sync, 'id' | 'revision' | 'release' | 'deployment' | 'actor' | 'reason' | 'changeRequest' | 'originSeq'>

export async function insertSync(db: Executor, want: NewSync): Promise<number> {
  const {
    id,
    project,
    environment,
    component,
    revision,
    release,
    deployment,
    actor,
    reason,
    changeRequest,
    originSeq,
  } = want
  const [row] = await rows<{ seq: number }>(
    db,
    sql`
    insert into syncs (id, project, environment, component, revision, release_id, deployment, actor, reason, change_request, origin_seq)
    values (${id}, ${project}, ${environment}, ${component}, ${revision}, ${release}, ${deployment}, ${actor}, ${reason}, ${changeRequest}, ${originSeq})
    returning seq::float8 as seq`,
  )
  if (row === undefined) throw new Error('a sync was not inserted')
  return row.seq
}

export async function syncBySeq(db: Executor, seq: number | null): Promise<Sync | undefined> {
  if (seq === null) return undefined
  const [found] = await rows<Sync>(db, sql`select ${syncColumns} from syncs where seq = ${seq}`)
  return found
}

export async function syncByDeployment(
  db: Executor,
  key: ApplicationKey,
  deployment: string,
): Promise<Sync | undefined> {
  const [found] = await rows<Sync>(
    db,
    sql`select ${syncColumns} from syncs where ${keyed(key)} and deployment = ${deployment}`,
  )
  return found
}

export async function syncById(db: Executor, key: ApplicationKey, id: string): Promise<Sync | undefined> {
  const [found] = await rows<Sync>(db, sql`select ${syncColumns} from syncs where ${keyed(key)} and id = ${id}`)
  return found
}

export const listSyncs = (
  db: Executor,
  key: ApplicationKey,
  { before, limit }: { before: number | undefined; limit: number },
): Promise<Sync[]> =>
  rows<Sync>(
    db,
    sql`select ${syncColumns} from syncs where ${keyed(key)} and ${before === undefined ? sql`true` : sql`seq < ${before}`}
    order by seq desc limit ${limit}`,
  )

/** The newest sync before `beforeSeq` that succeeded with another version than `revision`. */
export async function lastHealthySync(
  db: Executor,
  key: ApplicationKey,
  beforeSeq: number,
  revision: string,
): Promise<Sync | undefined> {
  const [found] = await rows<Sync>(
    db,
    sql`select ${syncColumns} from syncs
    where ${keyed(key)} and state = 'succeeded' and seq < ${beforeSeq} and revision <> ${revision} order by seq desc limit 1`,
  )
  return found
}

export async function markSent(db: Executor, seq: number): Promise<void> {
  await db.execute(sql`update syncs set sent_at = coalesce(sent_at, now()) where seq = ${seq}`)
}

/** False where it has ended before: the first word on how it ended stays. */
export async function finishSync(
  db: Executor,
  seq: number,
  state: 'succeeded' | 'failed',
  detail: string | null,
): Promise<boolean> {
  const changed = await db.execute(
    sql`update syncs set state = ${state}, detail = ${detail}, finished_at = now() where seq = ${seq} and state = 'running'`,
  )
  return changed.rowCount === 1
}

/** How often what runs was found changed from outside in the last ten minutes, since the target was set by somebody. */
export async function recentDriftSyncs(db: Executor, key: ApplicationKey): Promise<number> {
  const [row] = await rows<{ count: number }>(
    db,
    sql`select count(*)::int as count from syncs
    where ${keyed(key)} and reason = 'drift' and started_at > now() - interval '10 minutes'`,
  )
  return row?.count ?? 0
}

const viewSync = (sync: Sync) => ({
  id: sync.id,
  revision: sync.revision,
  state: sync.state,
  actor: sync.actor,
  reason: sync.reason,
  startedAt: sync.startedAt,
  ...(sync.detail !== null && { detail: sync.detail }),
  ...(sync.finishedAt !== null && { finishedAt: sync.finishedAt }),
})

export const viewSyncRecord = (sync: Sync): Static<typeof SyncRecord> => ({
  ...viewSync(sync),
  deployment: sync.deployment,
  ...(sync.release !== null && { release: sync.release }),
})

export const viewApplication = async (db: Executor, application: Application): Promise<ApplicationView> =>
  viewWith(application, await syncBySeq(db, application.syncSeq))

/** Many at once, with one question for all their syncs. */
export async function viewApplications(db: Executor, applications: readonly Application[]): Promise<ApplicationView[]> {
  const seqs = applications.flatMap(({ syncSeq }) => (syncSeq === null ? [] : [String(syncSeq)]))
  const found = await rows<Sync>(
    db,
    sql`select ${syncColumns} from syncs where seq = any(${sql.param(seqs)}::bigint[])`,
  )
  const bySeq = new Map(found.map((sync) => [sync.seq, sync]))
  return applications.map((application) => viewWith(application, bySeq.get(application.syncSeq ?? -1)))
}

function viewWith(application: Application, last: Sync | undefined): ApplicationView {
  const { project, environment, component, repository, automatic, position, sync, health } = application
  return {
    project, environment, component, repository, automatic, position, sync, health,
    ...(application.targetRevision !== null && { targetRevision: application.targetRevision }),
    ...(application.targetRelease !== null && { targetRelease: application.targetRelease }),
    ...(application.liveRevision !== null && { liveRevision: application.liveRevision }),
    ...(application.detail !== null && { detail: application.detail }),
    ...(application.url !== null && { url: application.url }),
    ...(last !== undefined && { lastSync: viewSync(last) }),
  } // prettier-ignore
}
