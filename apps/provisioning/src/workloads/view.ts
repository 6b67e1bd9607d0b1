import type { Workload as WorkloadSchema } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import type { Static } from 'typebox'
import { listResources } from './resources.ts'
import { findDeployment, type StoredWorkload } from './store.ts'

export type Workload = Static<typeof WorkloadSchema>

const isSha = (revision: string | null | undefined): revision is string =>
  typeof revision === 'string' && /^[0-9a-f]{40}$/.test(revision)

/** A workload as the world sees it: outputs that are no secrets, no tokens, no score. */
export async function viewWorkload(db: Executor, row: StoredWorkload): Promise<Workload> {
  const desired = await findDeployment(db, row, row.desired)
  const resources = await listResources(db, row)
  const {
    project,
    environment,
    workload,
    component,
    state,
    detail,
    url,
    updatedAt,
    liveDeployment,
    liveRevision,
    liveSince,
  } = row
  return {
    project, environment, workload, component, state,
    ...(detail !== null && { detail }),
    desired: {
      ...(isSha(desired?.revision) && { revision: desired.revision }),
      deployment: row.desired,
      replicas: row.replicas ?? desired?.replicas ?? 0,
      running: row.running,
    },
    live: {
      ...(isSha(liveRevision) && { revision: liveRevision }),
      ...(liveDeployment !== null && { deployment: liveDeployment }),
      readyReplicas: row.readyReplicas,
      ...(liveSince !== null && { since: liveSince }),
    },
    ...(url !== null && { url }),
    resources: resources.map(({ id, kind, name, state: its, detail: why, outputs }) => ({ id, kind, name, state: its, ...(why !== null && { detail: why }), outputs })),
    ...(desired !== undefined && desired.gate !== null && { gate: desired.gate }),
    updatedAt,
  } // prettier-ignore
}
