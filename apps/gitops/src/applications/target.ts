import { applicationChanged } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { appendEvent, enqueue, type Tx } from '@plinth/store'
import { endPromotion } from '../change-requests/endings.ts'
import { queues } from '../parts.ts'
import {
  findApplication,
  finishSync,
  insertSync,
  queueKey,
  saveTarget,
  syncBySeq,
  type Application,
  type ApplicationKey,
  type Sync,
} from './store.ts'

export type Target = {
  revision: string
  release: string | null
  actor: string
  /** `release`, `promotion #4`, `rollback`, `drift`, `manual`, `deploy`. */
  reason: string
  changeRequest?: number
  /** Of a sync that repeats or restores an earlier one. */
  originSeq?: number
  delayMs?: number
}

/**
 * Says what should run, in the caller's transaction, with the application locked. The deployment id is chosen here and
 * now: however often the reconciler then asks provisioning for it, it is one deployment.
 */
export async function setTarget(tx: Tx, application: Application, want: Target): Promise<void> {
  const id = newId('syn')
  await supersede(
    tx,
    await syncBySeq(tx, application.syncSeq),
    `Replaced by ${id} (${want.reason}) before it was done.`,
  )
  const { project, environment, component } = application
  const syncSeq = await insertSync(tx, {
    id, project, environment, component,
    revision: want.revision,
    release: want.release,
    deployment: newId('dep'),
    actor: want.actor,
    reason: want.reason,
    changeRequest: want.changeRequest ?? null,
    originSeq: want.originSeq ?? null,
  }) // prettier-ignore
  await saveTarget(tx, application, { revision: want.revision, release: want.release, syncSeq })
  await tellOf(tx, application)
  await enqueue(tx, queues.sync, queueKey(application), want.delayMs === undefined ? {} : { delayMs: want.delayMs })
}

/** The end of a sync, and of the promotion that asked for it. The first end counts. */
export async function endSync(
  tx: Tx,
  sync: Sync,
  state: 'succeeded' | 'failed',
  detail: string | null,
): Promise<boolean> {
  if (!(await finishSync(tx, sync.seq, state, detail))) return false
  if (sync.changeRequest !== null) {
    const outcome = state === 'succeeded' ? ('merged' as const) : ('failed' as const)
    const result = state === 'succeeded' ? sync.revision : (detail ?? 'The deployment failed.')
    await endPromotion(tx, sync.project, sync.changeRequest, outcome, result, sync.actor)
  }
  return true
}

async function supersede(tx: Tx, sync: Sync | undefined, detail: string): Promise<void> {
  if (sync?.state === 'running') await endSync(tx, sync, 'failed', detail)
}

/** Tells the world how the application stands now. */
export async function tellOf(tx: Tx, key: ApplicationKey): Promise<void> {
  const now = await findApplication(tx, key)
  if (now === undefined) return
  const { project, environment, component, sync, health, targetRevision, liveRevision, detail } = now
  await appendEvent(tx, applicationChanged, {
    project,
    entity: `${environment}-${component}`,
    data: {
      project, environment, component, sync, health,
      ...(targetRevision !== null && { targetRevision }),
      ...(liveRevision !== null && { liveRevision }),
      ...(detail !== null && { detail }),
    },
  }) // prettier-ignore
}
