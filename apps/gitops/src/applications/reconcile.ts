import { failure, getWorkloadState, setWorkload, type RpcResponse } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import type { QueueContext } from '@plinth/store'
import { readFiles, resolveRef } from '../git/reading.ts'
import type { Parts } from '../parts.ts'
import { openRepository } from '../repositories/usecases.ts'
import { releaseById } from '../releases/store.ts'
import { correctDrift } from './drift.ts'
import { observe, type Told } from './observe.ts'
import {
  findApplication,
  markSent,
  readQueueKey,
  saveObserved,
  syncBySeq,
  type Application,
  type Sync,
} from './store.ts'
import { endSync, tellOf } from './target.ts'

const pollMs = 5_000
const syncMinutesMax = 10
const scorePath = 'score.yaml'

/** Kinds of failure that another try may mend; every other is the answer. */
const passing: ReadonlySet<string> = new Set(['unavailable', 'timeout', 'limited', 'bug'])

/**
 * Brings one application a step nearer to its target: asks provisioning for the sync's deployment, by the id that was
 * chosen for it, until it is taken; then listens, and looks itself now and then in case a word was lost.
 */
export const reconcileApplication =
  (parts: Parts) =>
  async (
    queueKey: string,
    { fence, signal }: Pick<QueueContext, 'fence' | 'signal'>,
  ): Promise<'done' | { againInMs: number }> => {
    const { store, clock } = parts
    const application = await findApplication(store.db, readQueueKey(queueKey))
    const sync = await syncBySeq(store.db, application?.syncSeq ?? null)
    if (application === undefined || sync === undefined) return 'done'
    if (sync.state !== 'running') {
      return store.transaction(async (tx) => {
        await fence(tx)
        return correctDrift(tx, application)
      })
    }
    const isOver = clock.now().getTime() - Date.parse(sync.startedAt) > syncMinutesMax * 60_000
    try {
      if (isOver)
        throw failure('platform.conflict', {
          detail: `It was not running and healthy within ${syncMinutesMax} minutes. ${application.detail ?? ''}`.trim(),
        })
      if (sync.sentAt === null) await send(parts, application, sync, signal)
      else await look(parts, application, sync, signal)
    } catch (error) {
      if (!(error instanceof AppError) || passing.has(error.kind)) throw error
      await giveUp(parts, application, sync, reasonOf(error), fence)
      return 'done'
    }
    return { againInMs: pollMs }
  }

async function send(
  { store, bus, ...parts }: Parts,
  application: Application,
  sync: Sync,
  signal: AbortSignal,
): Promise<void> {
  const { project, environment, component, repository } = application
  const { folder } = await openRepository({ store, root: parts.root }, { project, repository })
  const score = (await readFiles(folder, sync.revision, [scorePath]))[scorePath] ?? null
  if (score === null && (await resolveRef(folder, sync.revision)) === undefined) {
    throw failure('gitops.revision_unknown', { detail: `The repository has no commit ${sync.revision}.` })
  }
  if (score === null)
    throw failure('gitops.path_unknown', {
      detail: `There is no ${scorePath} at ${sync.revision.slice(0, 12)}; add one that says how '${component}' runs.`,
    })
  const release = await releaseById(store.db, sync.release)
  const artifact = release?.artifact ?? null
  const { deployment, revision, actor } = sync
  await bus.ask(
    setWorkload,
    {
      project,
      environment,
      workload: component,
      component,
      deployment,
      revision,
      score,
      actor,
      ...(artifact !== null && { artifact }),
    },
    { signal },
  )
  await markSent(store.db, sync.seq)
}

type Seen = RpcResponse<typeof getWorkloadState>

async function look(parts: Parts, application: Application, sync: Sync, signal: AbortSignal): Promise<void> {
  const { project, environment, component } = application
  const seen = await parts.bus.ask(getWorkloadState, { project, environment, workload: component }, { signal })
  if (!seen.found) return send(parts, application, sync, signal)
  if (seen.workload.desired.deployment !== sync.deployment) return
  await parts.store.transaction((tx) => observe(tx, toldBy(seen), seen.workload.updatedAt))
}

function toldBy({ workload }: Seen & { found: true }): Told {
  const { project, environment, workload: name, state, detail, desired, live, url } = workload
  return {
    project, environment, workload: name, state,
    desiredDeployment: desired.deployment,
    readyReplicas: live.readyReplicas,
    replicas: desired.replicas,
    drifted: false,
    ...(detail !== undefined && { detail }),
    ...(desired.revision !== undefined && { desiredRevision: desired.revision }),
    ...(live.deployment !== undefined && { liveDeployment: live.deployment }),
    ...(live.revision !== undefined && { liveRevision: live.revision }),
    ...(url !== undefined && { url }),
  } // prettier-ignore
}

const reasonOf = ({ publicDetail, problems }: AppError): string =>
  [publicDetail, ...problems.slice(0, 10).map(({ path, message }) => `${path} ${message}`)].join(' ').slice(0, 2_000)

/** The sync failed for good; what ran before still runs, and the target stays what somebody wanted it to be. */
async function giveUp(
  { store }: Parts,
  key: Application,
  sync: Sync,
  detail: string,
  fence: QueueContext['fence'],
): Promise<void> {
  await store.transaction(async (tx) => {
    await fence(tx)
    const application = await findApplication(tx, key, 'lock')
    if (application === undefined || application.syncSeq !== sync.seq) return
    if (!(await endSync(tx, sync, 'failed', detail))) return
    await saveObserved(tx, application, {
      ...application,
      sync: 'OutOfSync',
      health: application.liveDeployment === null ? 'Missing' : 'Degraded',
      detail,
    })
    await tellOf(tx, application)
  })
}
