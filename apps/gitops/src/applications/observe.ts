import type { EventData, workloadChanged } from '@plinth/contracts'
import type { IncomingEvent } from '@plinth/kernel'
import type { Tx } from '@plinth/store'
import {
  findApplication,
  saveObserved,
  syncByDeployment,
  syncBySeq,
  type Application,
  type Observed,
  type Sync,
} from './store.ts'
import { watchDrift } from './drift.ts'
import { endSync, tellOf } from './target.ts'

export type Told = EventData<typeof workloadChanged>

const healthOf: Readonly<Record<Told['state'], Application['health']>> = {
  pending: 'Progressing',
  provisioning: 'Progressing',
  starting: 'Progressing',
  running: 'Healthy',
  degraded: 'Degraded',
  failed: 'Degraded',
  stopped: 'Suspended',
  deleting: 'Missing',
}

/**
 * Sync and health as the words of provisioning make them, for an application whose newest sync is `current`. What is
 * said of an earlier deployment of ours says nothing about the current one, but what is live is live. A deployment that
 * we did not ask for (provisioning's own restart) counts for the target when it runs the target's commit.
 */
function judge(
  application: Pick<Application, 'targetRevision'>,
  current: Sync | undefined,
  told: Told,
  isOlder: boolean,
): Pick<Observed, 'sync' | 'health'> {
  if (application.targetRevision === null) return { sync: 'Unknown', health: healthOf[told.state] }
  const isLive =
    told.liveRevision === application.targetRevision && (told.liveDeployment === current?.deployment || !isOlder)
  const settled = ['running', 'degraded', 'failed', 'stopped'].includes(told.state)
  const isPending = current?.state === 'running' && isOlder
  return {
    sync: isLive && settled && !told.drifted && !isPending ? 'Synced' : 'OutOfSync',
    health: isPending ? 'Progressing' : told.drifted && told.state === 'running' ? 'Degraded' : healthOf[told.state],
  }
}

export const onWorkloadChanged = (tx: Tx, event: IncomingEvent<Told>): Promise<void> =>
  observe(tx, event.data, event.time)

/** Takes in what provisioning says of a workload, once; an older word after a newer one is not heard. */
export async function observe(tx: Tx, told: Told, toldAt: string): Promise<void> {
  const application = await findApplication(
    tx,
    { project: told.project, environment: told.environment, component: told.workload },
    'lock',
  )
  if (application === undefined) return
  if (application.observedAt !== null && Date.parse(toldAt) < Date.parse(application.observedAt)) return
  const current = await syncBySeq(tx, application.syncSeq)
  const known = await syncByDeployment(tx, application, told.desiredDeployment)
  const isOlder = known !== undefined && known.seq !== current?.seq
  if (current !== undefined && known?.seq === current.seq) await settle(tx, current, told)
  const seen: Observed = {
    ...judge(application, current, told, isOlder),
    liveRevision: told.liveRevision ?? null,
    liveDeployment: told.liveDeployment ?? null,
    workloadState: told.state,
    detail: isOlder ? application.detail : (told.detail ?? null),
    url: told.url ?? null,
    observedAt: toldAt,
  }
  await saveObserved(tx, application, seen)
  if (differs(application, seen)) await tellOf(tx, application)
  const wantsOther = told.desiredRevision !== undefined && told.desiredRevision !== application.targetRevision
  if (told.drifted || isOlder || wantsOther) await watchDrift(tx, application)
}

async function settle(tx: Tx, current: Sync, told: Told): Promise<void> {
  if (told.state === 'running' && told.liveDeployment === current.deployment)
    await endSync(tx, current, 'succeeded', null)
  else if (told.state === 'failed') await endSync(tx, current, 'failed', told.detail ?? 'The deployment failed.')
}

const differs = (before: Application, after: Observed): boolean =>
  (['sync', 'health', 'liveRevision', 'detail', 'url'] as const).some((name) => before[name] !== after[name])
