import { failure, type RpcRequest, type setWorkload as setWorkloadSpec } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { enqueue, recordAudit, sql, type Tx } from '@plinth/store'
import { mustFindComponent } from '../components/store.ts'
import { queues, type Parts } from '../parts.ts'
import { mustFindEnvironment, mustFindProject } from '../projects/store.ts'
import { readWorkloadSpec } from '../score/workload-spec.ts'
import { writeStatus } from './status.ts'
import {
  findDeployment,
  insertDeployment,
  insertWorkload,
  keyed,
  mustFindWorkload,
  pruneDeployments,
  queueKey,
  type StoredWorkload,
  type WorkloadKey,
} from './store.ts'
import { viewWorkload, type Workload } from './view.ts'

export type DesiredWorkload = RpcRequest<typeof setWorkloadSpec>

/** Records what shall run and the work that brings it there. The same deployment again changes nothing. */
export const setWorkload =
  ({ store, drivers }: Pick<Parts, 'store' | 'drivers'>) =>
  async (want: DesiredWorkload): Promise<{ deployment: string }> => {
    const { project, environment, workload, component, deployment, revision, score, artifact, actor } = want
    const key: WorkloadKey = { project, environment, workload }
    if (!/^[A-Za-z0-9_-]{1,100}$/.test(deployment)) {
      throw failure('platform.request_invalid', {
        problems: [
          { path: '/deployment', message: 'must be letters, digits, hyphens and underscores, 100 at the most' },
        ],
      })
    }
    const { replicas } = readWorkloadSpec(score, workload, [...drivers.values()])
    return store.transaction(async (tx) => {
      await mustFindProject(tx, project)
      await mustFindEnvironment(tx, project, environment)
      const { state } = await mustFindComponent(tx, { project, component }, 'lock')
      if (state === 'deleting')
        throw failure('provisioning.component_unknown', { detail: `The component '${component}' is being deleted.` })
      await insertWorkload(tx, key, component, deployment)
      const current = await mustFindWorkload(tx, key, 'lock')
      if (current.component !== component)
        throw failure('platform.conflict', {
          detail: `The workload '${workload}' belongs to the component '${current.component}'.`,
        })
      if (current.removing) throw beingRemoved(current)
      if ((await findDeployment(tx, key, deployment)) !== undefined) return { deployment }
      await insertDeployment(tx, key, { deployment, revision, score, artifact: artifact ?? null, actor, replicas })
      // What a person set by hand holds until somebody deploys.
      await tx.execute(
        sql`update workloads set desired = ${deployment}, replicas = null, running = true, generation = generation + 1 where ${keyed(key)}`,
      )
      await pruneDeployments(tx, key)
      await recordAudit(
        tx,
        'provisioning',
        { subject: actor },
        {
          action: 'workload.deploy',
          project,
          object: `workload/${workload}`,
          detail: { environment, deployment, revision },
        },
      )
      await writeStatus(tx, key, undefined, { state: 'pending', detail: null })
      await enqueue(tx, queues.workloads, queueKey(key))
      return { deployment }
    })
  }

const beingRemoved = ({ workload }: StoredWorkload) =>
  failure('platform.conflict', { detail: `The workload '${workload}' is being removed; ask again when it is gone.` })

type Action = { name: string; detail?: Record<string, unknown>; change(tx: Tx, key: WorkloadKey): Promise<unknown> }

const restart: Action = {
  name: 'restart',
  change: (tx, key) =>
    tx.execute(sql`update workloads set restart = restart + 1, generation = generation + 1 where ${keyed(key)}`),
}
const runs = (running: boolean): Action => ({
  name: running ? 'start' : 'stop',
  change: (tx, key) =>
    tx.execute(sql`update workloads set running = ${running}, generation = generation + 1 where ${keyed(key)}`),
})
const scale = (replicas: number): Action => ({
  name: 'scale',
  detail: { replicas },
  async change(tx, key) {
    await tx.execute(sql`update workloads set replicas = ${replicas}, generation = generation + 1 where ${keyed(key)}`)
    // Who asks what a change of a schema would break is told how many instances: said again.
    await tx.execute(sql`update deployments set recorded = false where ${keyed(key)} and recorded`)
  },
})
export const workloadActions = { restart, scale, runs }

/** What a person asks of a workload that is there: recorded with who it was, and left to the reconciler. */
export const actOnWorkload =
  ({ store }: Pick<Parts, 'store'>) =>
  (who: Identity, { project, environment, workload }: WorkloadKey, action: Action): Promise<Workload> =>
    store.transaction(async (tx) => {
      const key = { project, environment, workload }
      const current = await mustFindWorkload(tx, key, 'lock')
      if (current.removing) throw beingRemoved(current)
      await action.change(tx, key)
      await recordAudit(tx, 'provisioning', who, {
        action: `workload.${action.name}`,
        project,
        object: `workload/${workload}`,
        detail: { environment, ...action.detail },
      })
      await writeStatus(tx, key, undefined, {})
      await enqueue(tx, queues.workloads, queueKey(key))
      return viewWorkload(tx, await mustFindWorkload(tx, key))
    })
