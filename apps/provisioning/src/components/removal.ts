import { archiveRepository, componentDeleted } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import { appendEvent } from '@plinth/store'
import { endOperation, markStep } from '../operations/store.ts'
import { workloadsOfComponent } from '../workloads/store.ts'
import { deleteComponentRow, findComponent, type StoredComponent } from './store.ts'
import { askForRepository, fenced, noteStep, type Outcome, type Work } from './work.ts'

/** How soon a removal looks again whether its workloads are gone; their own end asks for it at once. */
const removalLookMs = 500

/** First the workloads, then the repository, then the entry in the catalog. */
export async function removeComponent(work: Work): Promise<Outcome> {
  const left = await workloadsOfComponent(work.store.db, work.key)
  if (left.length > 0) {
    const waiting = left
      .map(({ environment, detail }) => `${environment}${detail === null ? '' : ` (${detail})`}`)
      .join(', ')
    await noteStep(work, 'workloads', { state: 'running', detail: `Still there: ${waiting}` })
    return { againInMs: removalLookMs }
  }
  await noteStep(work, 'workloads', { state: 'done' })
  await noteStep(work, 'repository', { state: 'running' })
  await retireRepository(work)
  await noteStep(work, 'repository', { state: 'done' })
  await forget(work)
  return 'done'
}

/** Archived only where it is known to be ours: one of the same name that somebody else made stays untouched. */
async function retireRepository(work: Work): Promise<void> {
  const { project, repository, createdBy, repositoryState } = work.component
  const state = repositoryState === 'asked' ? await outcomeOfAsking(work) : repositoryState
  if (state !== 'made') return
  const request = { project, repository, actor: createdBy }
  await work.bus.ask(archiveRepository, request, { signal: work.context.signal })
}

/** It was asked for and the answer was lost: asking again tells whose it is. */
async function outcomeOfAsking(work: Work): Promise<StoredComponent['repositoryState']> {
  try {
    await askForRepository(work)
    return 'made'
  } catch (error) {
    if (error instanceof AppError && error.code === 'gitops.repository_exists') return 'foreign'
    throw error
  }
}

function forget(work: Work): Promise<void> {
  const { key, clock } = work
  const { project, operation } = work.component
  return fenced(work, async (tx) => {
    if ((await findComponent(tx, key, 'lock')) === undefined) return
    await markStep(tx, project, operation, 'catalog', { state: 'done' }, clock.now())
    await deleteComponentRow(tx, key)
    const data = { project, component: key.component }
    await appendEvent(tx, componentDeleted, { project, entity: key.component, data })
    await endOperation(tx, project, operation, undefined, clock.now())
  })
}
