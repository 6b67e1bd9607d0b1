import { workloadChanged, type EventData } from '@plinth/contracts'
import { appendEvent, sql, type Tx } from '@plinth/store'
import { findDeployment, findWorkload, keyed, type StoredWorkload, type WorkloadKey } from './store.ts'

export type Status = Pick<
  StoredWorkload,
  'state' | 'detail' | 'liveDeployment' | 'liveRevision' | 'liveSince' | 'readyReplicas' | 'drifted' | 'url'
>
type Told = EventData<typeof workloadChanged>

/**
 * Notes what is seen of a workload and, where that changes what was last said of it, says so. `generation`: what was
 * seen belongs to this desired state; nothing is noted when it has moved on, as somebody looks again anyway. True if noted.
 */
export async function writeStatus(
  tx: Tx,
  key: WorkloadKey,
  generation: number | undefined,
  change: Partial<Status>,
): Promise<boolean> {
  const current = await findWorkload(tx, key, 'lock')
  if (current === undefined || (generation !== undefined && current.generation !== generation)) return false
  const next = { ...current, ...change }
  const desired = await findDeployment(tx, key, next.desired)
  const data = toldOf(next, desired?.revision, next.replicas ?? desired?.replicas ?? 0)
  const told = JSON.stringify(data)
  await tx.execute(sql`update workloads set state = ${next.state}, detail = ${next.detail}, live_deployment = ${next.liveDeployment},
    live_revision = ${next.liveRevision}, live_since = ${next.liveSince}, ready_replicas = ${next.readyReplicas}, drifted = ${next.drifted},
    url = ${next.url}, told = ${told}, updated_at = case when told is distinct from ${told} then now() else updated_at end where ${keyed(key)}`)
  if (told !== current.told) {
    await appendEvent(tx, workloadChanged, { project: key.project, entity: `${key.environment}/${key.workload}`, data })
  }
  return true
}

function toldOf(row: StoredWorkload, revision: string | undefined, replicas: number): Told {
  const {
    project,
    environment,
    workload,
    state,
    detail,
    desired,
    liveDeployment,
    liveRevision,
    readyReplicas,
    url,
    drifted,
  } = row
  return {
    project, environment, workload, state,
    ...(detail !== null && { detail }),
    desiredDeployment: desired,
    ...(revision !== undefined && { desiredRevision: revision }),
    ...(liveDeployment !== null && { liveDeployment }),
    ...(liveRevision !== null && { liveRevision }),
    readyReplicas, replicas,
    ...(url !== null && { url }),
    drifted,
  } // prettier-ignore
}
