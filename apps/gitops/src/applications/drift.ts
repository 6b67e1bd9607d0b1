import { enqueue, recordAudit, type Tx } from '@plinth/store'
import { queues } from '../parts.ts'
import {
  findApplication,
  queueKey,
  recentDriftSyncs,
  syncBySeq,
  type Application,
  type ApplicationKey,
} from './store.ts'
import { setTarget } from './target.ts'

/** What provisioning can mend itself it mends in this time; only what stays wrong gets a deployment of its own. */
const graceMs = 3_000
const lookAgainMs = 3_000

/** Milliseconds before the n-th correction in ten minutes: 3 s, then 2 s times 3 each time, 5 minutes at the most. */
const correctionDelayMs = (before: number): number =>
  before === 0 ? graceMs : Math.min(Math.max(graceMs, 2_000 * 3 ** (before - 1)), 300_000)

/** Somebody changed what runs: look again soon, and correct what is wrong then. */
export async function watchDrift(tx: Tx, application: Application): Promise<void> {
  const current = await syncBySeq(tx, application.syncSeq)
  if (current?.state !== 'succeeded') return
  await enqueue(tx, queues.sync, queueKey(application), {
    delayMs: correctionDelayMs(await recentDriftSyncs(tx, application)),
  })
}

const atWork: ReadonlySet<string> = new Set(['pending', 'provisioning', 'starting'])
const wantedSo: ReadonlySet<string> = new Set(['stopped', 'deleting'])

/** Brings back what was changed from outside, by a sync of its own that the history shows. */
export async function correctDrift(tx: Tx, key: ApplicationKey): Promise<'done' | { againInMs: number }> {
  const application = await findApplication(tx, key, 'lock')
  const current = await syncBySeq(tx, application?.syncSeq ?? null)
  if (application?.sync !== 'OutOfSync' || current?.state !== 'succeeded') return 'done'
  const { workloadState, environment, project, component, detail: seen } = application
  if (workloadState === null || wantedSo.has(workloadState)) return 'done'
  if (atWork.has(workloadState)) return { againInMs: lookAgainMs }
  const actor = 'system:gitops'
  const originSeq = current.originSeq ?? current.seq
  await setTarget(tx, application, {
    revision: current.revision,
    release: current.release,
    actor,
    reason: 'drift',
    originSeq,
  })
  const detail = { environment, reason: 'drift', revision: current.revision, seen: seen ?? workloadState }
  await recordAudit(
    tx,
    'gitops',
    { subject: actor },
    { action: 'application.sync', project, object: `application/${component}`, detail },
  )
  return 'done'
}
