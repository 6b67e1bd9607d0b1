import { answer, type Answer } from '@plinth/bus'
import {
  getComponentOwner,
  getEnvironments,
  getWorkloadState,
  planWorkload as planWorkloadSpec,
  runInDatabase,
  setWorkload as setWorkloadSpec,
} from '@plinth/contracts'
import { enqueue } from '@plinth/store'
import { runSql } from '../databases/run-in-database.ts'
import { findComponent } from '../components/store.ts'
import { queues, type Parts } from '../parts.ts'
import { listEnvironments } from '../projects/store.ts'
import { setWorkload } from './desired.ts'
import { planWorkload } from './plan.ts'
import { findWorkload, heldWorkloads, queueKey } from './store.ts'
import { viewWorkload } from './view.ts'

/** What other services may ask of this one. */
export const provisioningAnswers = (parts: Parts): Answer[] => [
  answer(setWorkloadSpec, setWorkload(parts)),
  answer(planWorkloadSpec, planWorkload(parts)),
  answer(getWorkloadState, async (key) => {
    const row = await findWorkload(parts.store.db, key)
    return row === undefined
      ? { found: false as const }
      : { found: true as const, workload: await viewWorkload(parts.store.db, row) }
  }),
  answer(getComponentOwner, async (key) => {
    const component = await findComponent(parts.store.db, key)
    return component === undefined ? { found: false as const } : { found: true as const, owner: component.owner }
  }),
  answer(runInDatabase, runSql(parts)),
  answer(getEnvironments, async ({ project }) => ({ items: await listEnvironments(parts.store.db, project) })),
]

/** The gate may say another thing now: what it held there asks again. */
export const onGateNudge =
  ({ store }: Pick<Parts, 'store'>) =>
  async (data: unknown): Promise<void> => {
    const environment =
      data !== null && typeof data === 'object' && 'environment' in data ? data.environment : undefined
    if (typeof environment !== 'string') return
    for (const key of await heldWorkloads(store.db, environment))
      await enqueue(store.db, queues.workloads, queueKey(key))
  }

/** A runner says that something changed: look at once. A nudge for what is not ours finds nothing to do. */
export const onRunnerNudge =
  ({ store }: Pick<Parts, 'store'>) =>
  async (data: unknown): Promise<void> => {
    const name = data !== null && typeof data === 'object' && 'name' in data ? data.name : undefined
    const [project, environment, workload, more] = typeof name === 'string' ? name.split('.') : []
    if (project === undefined || environment === undefined || workload === undefined || more !== undefined) return
    const row = await findWorkload(store.db, { project, environment, workload })
    if (row !== undefined) await enqueue(store.db, queues.workloads, queueKey(row))
  }
