import { failure, type ArtifactRef, type GateVerdict, type WorkloadState } from '@plinth/contracts'
import { isoTime, rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'

export type WorkloadKey = { project: string; environment: string; workload: string }
type State = Static<typeof WorkloadState>
export type Gate = Static<typeof GateVerdict>
export type Artifact = Static<typeof ArtifactRef>

export type StoredWorkload = WorkloadKey & {
  component: string
  desired: string
  accepted: string | null
  running: boolean
  restart: number
  /** Set by a person; null where the score.yaml decides. */
  replicas: number | null
  removing: boolean
  generation: number
  state: State
  detail: string | null
  liveDeployment: string | null
  liveRevision: string | null
  liveSince: string | null
  readyReplicas: number
  drifted: boolean
  url: string | null
  hosted: string | null
  told: string | null
  updatedAt: string
}

export type Deployment = {
  deployment: string
  revision: string
  score: string
  artifact: Artifact | null
  actor: string
  verdict: 'accepted' | 'refused' | null
  refusal: string | null
  gate: Gate | null
  replicas: number
  /** Sealed. */
  token: string | null
  recorded: boolean
}

const columns = sql`project, environment, workload, component, desired, accepted, running, restart, replicas, removing,
  generation::float8 as generation, state, detail, live_deployment as "liveDeployment", live_revision as "liveRevision",
  live_since as "liveSince", ready_replicas as "readyReplicas", drifted, url, hosted, told, ${isoTime(sql`updated_at`)} as "updatedAt"`
const deploymentColumns = sql`deployment, revision, score, artifact, actor, verdict, refusal, gate, replicas, token, recorded`

export const keyed = ({ project, environment, workload }: WorkloadKey) =>
  sql`project = ${project} and environment = ${environment} and workload = ${workload}`

export const queueKey = ({ project, environment, workload }: WorkloadKey): string =>
  `${project}/${environment}/${workload}`

export function readQueueKey(key: string): WorkloadKey {
  const [project = '', environment = '', workload = ''] = key.split('/')
  return { project, environment, workload }
}

export async function findWorkload(
  db: Executor,
  key: WorkloadKey,
  lock: 'lock' | 'read' = 'read',
): Promise<StoredWorkload | undefined> {
  const [found] = await rows<StoredWorkload>(
    db,
    sql`select ${columns} from workloads where ${keyed(key)} ${lock === 'lock' ? sql`for update` : sql``}`,
  )
  return found
}

/** Throws provisioning.workload_unknown. */
export async function mustFindWorkload(
  db: Executor,
  key: WorkloadKey,
  lock: 'lock' | 'read' = 'read',
): Promise<StoredWorkload> {
  const found = await findWorkload(db, key, lock)
  if (found === undefined)
    throw failure('provisioning.workload_unknown', {
      detail: `There is no workload '${key.workload}' in ${key.project}/${key.environment}.`,
    })
  return found
}

export const workloadsOfEnvironment = (db: Executor, project: string, environment: string): Promise<StoredWorkload[]> =>
  rows<StoredWorkload>(
    db,
    sql`select ${columns} from workloads where project = ${project} and environment = ${environment} order by workload limit 2000`,
  )

export const workloadsOfComponent = (
  db: Executor,
  { project, component }: { project: string; component: string },
): Promise<StoredWorkload[]> =>
  rows<StoredWorkload>(
    db,
    sql`select ${columns} from workloads where project = ${project} and component = ${component} order by environment`,
  )

export const allWorkloadKeys = (db: Executor): Promise<WorkloadKey[]> =>
  rows<WorkloadKey>(db, sql`select project, environment, workload from workloads`)

/** Those whose newest deployment the gate holds. */
export const heldWorkloads = (db: Executor, environment: string): Promise<WorkloadKey[]> =>
  rows<WorkloadKey>(
    db,
    sql`select w.project, w.environment, w.workload from workloads w join deployments d on d.project = w.project
      and d.environment = w.environment and d.workload = w.workload and d.deployment = w.desired
    where w.environment = ${environment} and not w.removing and d.verdict = 'refused' and d.gate is not null limit 1000`,
  )

export async function insertWorkload(
  db: Executor,
  { project, environment, workload }: WorkloadKey,
  component: string,
  desired: string,
): Promise<void> {
  await db.execute(sql`insert into workloads (project, environment, workload, component, desired)
    values (${project}, ${environment}, ${workload}, ${component}, ${desired}) on conflict do nothing`)
}

export async function findDeployment(
  db: Executor,
  key: WorkloadKey,
  deployment: string,
): Promise<Deployment | undefined> {
  const [found] = await rows<Deployment>(
    db,
    sql`select ${deploymentColumns} from deployments where ${keyed(key)} and deployment = ${deployment}`,
  )
  return found
}

export async function mustFindDeployment(db: Executor, key: WorkloadKey, deployment: string): Promise<Deployment> {
  const found = await findDeployment(db, key, deployment)
  if (found === undefined) throw new Error(`the deployment ${deployment} of ${queueKey(key)} is not there`)
  return found
}

export const listDeployments = (db: Executor, key: WorkloadKey): Promise<Deployment[]> =>
  rows<Deployment>(db, sql`select ${deploymentColumns} from deployments where ${keyed(key)}`)

/** Those that hold a token still. */
export const deploymentsWithToken = async (db: Executor, key: WorkloadKey): Promise<string[]> =>
  (
    await rows<{ deployment: string }>(
      db,
      sql`select deployment from deployments where ${keyed(key)} and token is not null`,
    )
  ).map(({ deployment }) => deployment)

type NewDeployment = Pick<Deployment, 'deployment' | 'revision' | 'score' | 'artifact' | 'actor' | 'replicas'>

/** False when there is one of this id. */
export async function insertDeployment(
  db: Executor,
  { project, environment, workload }: WorkloadKey,
  want: NewDeployment,
): Promise<boolean> {
  const { deployment, revision, score, artifact, actor, replicas } = want
  const result =
    await db.execute(sql`insert into deployments (project, environment, workload, deployment, revision, score, artifact, actor, replicas)
    values (${project}, ${environment}, ${workload}, ${deployment}, ${revision}, ${score}, ${artifact === null ? null : JSON.stringify(artifact)}::jsonb, ${actor}, ${replicas})
    on conflict do nothing`)
  return result.rowCount === 1
}

const deploymentsKept = 100

/** Forgets old ones, never one whose token may still be good. */
export async function pruneDeployments(db: Executor, key: WorkloadKey): Promise<void> {
  await db.execute(sql`delete from deployments d using workloads w
    where d.project = ${key.project} and d.environment = ${key.environment} and d.workload = ${key.workload}
      and w.project = d.project and w.environment = d.environment and w.workload = d.workload
      and d.token is null and d.deployment <> w.desired and d.deployment is distinct from w.accepted and d.deployment is distinct from w.live_deployment
      and d.created_at < (select created_at from deployments n where n.project = d.project and n.environment = d.environment and n.workload = d.workload
        order by created_at desc offset ${deploymentsKept} limit 1)`)
}

export async function saveVerdict(
  db: Executor,
  key: WorkloadKey,
  deployment: string,
  want: Pick<Deployment, 'verdict' | 'refusal' | 'gate'>,
): Promise<void> {
  const { verdict, refusal, gate } = want
  await db.execute(sql`update deployments set verdict = ${verdict}, refusal = ${refusal}, gate = ${gate === null ? null : JSON.stringify(gate)}::jsonb
    where ${keyed(key)} and deployment = ${deployment}`)
  if (verdict === 'accepted')
    await db.execute(sql`update workloads set accepted = ${deployment} where ${keyed(key)} and desired = ${deployment}`)
}

export async function saveToken(
  db: Executor,
  key: WorkloadKey,
  deployment: string,
  token: string | null,
): Promise<void> {
  await db.execute(sql`update deployments set token = ${token} where ${keyed(key)} and deployment = ${deployment}`)
}

export async function saveRecorded(db: Executor, key: WorkloadKey, deployment: string): Promise<void> {
  await db.execute(sql`update deployments set recorded = (deployment = ${deployment}) where ${keyed(key)}`)
}

export async function saveHosted(db: Executor, key: WorkloadKey, hosted: string): Promise<void> {
  await db.execute(sql`update workloads set hosted = ${hosted} where ${keyed(key)}`)
}
