import { componentCreated } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import { appendEvent } from '@plinth/store'
import { isTransient } from '../drivers/local-runtime.ts'
import { endOperation, markStep } from '../operations/store.ts'
import { listEnvironments } from '../projects/store.ts'
import { findComponent, removeScaffold, setComponentState } from './store.ts'
import { askForRepository, fenced, noteRepository, noteStep, type Outcome, type Work } from './work.ts'

/** How often what may be a fault of ours is tried before the creation counts as failed. */
const triesMax = 5

/** First the repository, then the entry in the catalog. */
export async function createComponent(work: Work): Promise<Outcome> {
  const { repositoryState } = work.component
  if (repositoryState !== 'made') {
    await noteStep(work, 'repository', { state: 'running' })
    if (repositoryState === 'none') await noteRepository(work, 'asked')
    const refusal = await refusalOfRepository(work)
    if (refusal !== undefined) {
      await fail(work, 'repository', refusal)
      return 'done'
    }
  }
  await noteStep(work, 'repository', { state: 'done' })
  await publish(work)
  return 'done'
}

/** Why there will never be a repository; throws where another try may bring it, and undefined where it is there. */
async function refusalOfRepository(work: Work): Promise<AppError | undefined> {
  try {
    await askForRepository(work)
    return undefined
  } catch (error) {
    if (!(error instanceof AppError) || work.context.signal.aborted) throw error
    if (isTransient(error) || (error.kind === 'bug' && work.context.attempt < triesMax)) {
      await noteStep(work, 'repository', { state: 'running', detail: `Trying again: ${error.publicDetail}` })
      throw error
    }
    if (error.code === 'gitops.repository_exists') await noteRepository(work, 'foreign')
    return error
  }
}

function fail(work: Work, step: string, { code, publicDetail: detail }: AppError): Promise<void> {
  const { key, clock } = work
  const { project, operation } = work.component
  return fenced(work, async (tx) => {
    await markStep(tx, project, operation, step, { state: 'failed', detail }, clock.now())
    await endOperation(tx, project, operation, { code, detail }, clock.now())
    const current = await findComponent(tx, key, 'lock')
    if (current?.state === 'creating') await setComponentState(tx, key, 'failed')
  })
}

/** Ready for everyone, unless its removal was asked for meanwhile. */
function publish(work: Work): Promise<void> {
  const { key, clock } = work
  const { project, operation, repository, createdBy } = work.component
  return fenced(work, async (tx) => {
    const current = await findComponent(tx, key, 'lock')
    if (current?.state !== 'creating') return
    const environments = (await listEnvironments(tx, project)).map(({ name, automatic, position }) => ({
      name,
      automatic,
      position,
    }))
    await setComponentState(tx, key, 'ready')
    await removeScaffold(tx, key)
    const data = { project, component: key.component, repository, environments }
    await appendEvent(tx, componentCreated, { project, entity: key.component, actor: createdBy, data })
    await markStep(tx, project, operation, 'catalog', { state: 'done' }, clock.now())
    await endOperation(tx, project, operation, undefined, clock.now())
  })
}
