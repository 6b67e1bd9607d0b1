import { recordDeployed, revokeToken } from '@plinth/contracts'
import { enqueue, sql, type QueueContext, type Tx } from '@plinth/store'
import { driverOf } from '../drivers/driver.ts'
import { hostedName } from '../drivers/names.ts'
import { queues, type Parts } from '../parts.ts'
import { deleteResource, listResources, updateResource } from './resources.ts'
import { writeStatus } from './status.ts'
import { keyed, listDeployments, queueKey, workloadsOfComponent, type StoredWorkload } from './store.ts'

const runnerLookMs = 200

/** Every workload of a component shall go. */
export async function markWorkloadsRemoving(tx: Tx, key: { project: string; component: string }): Promise<void> {
  for (const workload of await workloadsOfComponent(tx, key)) {
    await tx.execute(sql`update workloads set removing = true, generation = generation + 1 where ${keyed(workload)}`)
    await writeStatus(tx, workload, undefined, { state: 'deleting', detail: null })
    await enqueue(tx, queues.workloads, queueKey(workload))
  }
}

type Needs = Pick<Parts, 'store' | 'bus' | 'drivers' | 'runtime'>

/**
 * Takes a workload away in the order in which one part needs the other: what runs, its databases, its tokens, its
 * promises to others, the row. What is done is known by its absence, so being cut off anywhere is harmless; what can't
 * be seen is not gone, and throws.
 */
export async function removeWorkload(
  { store, bus, drivers, runtime }: Needs,
  row: StoredWorkload,
  { fence, signal }: QueueContext,
): Promise<'done' | { againInMs: number }> {
  const fenced = (work: (tx: Tx) => Promise<unknown>): Promise<void> =>
    store.transaction(async (tx) => {
      await fence(tx)
      await work(tx)
    })
  if (!(await runtime.remove(hostedName(row)))) return { againInMs: runnerLookMs }
  await fenced((tx) =>
    writeStatus(tx, row, row.generation, {
      state: 'deleting',
      detail: null,
      readyReplicas: 0,
      liveDeployment: null,
      liveRevision: null,
      liveSince: null,
      url: null,
    }),
  )
  for (const { id, kind, externalName, state } of (await listResources(store.db, row)).reverse()) {
    if (state !== 'removing') await fenced((tx) => updateResource(tx, id, { state: 'removing' }))
    await driverOf(drivers, kind).remove(externalName)
    await fenced((tx) => deleteResource(tx, id))
  }
  const deployments = await listDeployments(store.db, row)
  // Also where none is noted: it may have been issued in the moment before its noting.
  for (const { deployment, verdict } of deployments) {
    if (verdict === 'accepted') await bus.ask(revokeToken, { purpose: tokenPurpose(deployment) }, { signal })
  }
  const { project, environment, component, desired } = row
  await bus.ask(
    recordDeployed,
    { project, environment, component, deployment: desired, produces: [], consumes: [], removed: true },
    { signal },
  )
  await fenced(async (tx) => {
    await tx.execute(sql`delete from workloads where ${keyed(row)}`)
    await enqueue(tx, queues.components, `${project}/${component}`)
  })
  return 'done'
}

export const tokenPurpose = (deployment: string): string => `workload:${deployment}`
