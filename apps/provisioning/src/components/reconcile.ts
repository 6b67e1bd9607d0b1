import { archiveRepository, componentCreated, componentDeleted, createRepository } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import { appendEvent, type QueueContext } from '@plinth/store'
import { isTransient } from '../drivers/local-runtime.ts'
import { endOperation, markStep, type StepChange } from '../operations/store.ts'
import type { Parts } from '../parts.ts'
import { listEnvironments } from '../projects/store.ts'
import { workloadsOfComponent } from '../workloads/store.ts'
import {
  deleteComponentRow,
  findComponent,
  findScaffold,
  removeScaffold,
  setComponentState,
  setRepositoryState,
  type ComponentKey,
  type StoredComponent,
} from './store.ts'

type Needs = Pick<Parts, 'store' | 'bus' | 'clock'>
type Outcome = 'done' | { againInMs: number }

/** How soon a removal looks again whether its workloads are gone; their own end asks for it at once. */
const removalLookMs = 500

/** Brings a component to what was asked of it. Each step is recorded when it is done, and does no harm a second time. */
export const reconcileComponent =
  (parts: Needs) =>
  async (queueKey: string, context: QueueContext): Promise<Outcome> => {
    const [project = '', name = ''] = queueKey.split('/')
    const key = { project, component: name }
    const component = await findComponent(parts.store.db, key)
    if (component === undefined || component.state === 'ready' || component.state === 'failed') return 'done'
    const work = createWork(parts, key, component, context)
    return component.state === 'creating' ? work.create() : work.remove()
  }

function createWork(
  { store, bus, clock }: Needs,
  key: ComponentKey,
  component: StoredComponent,
  context: QueueContext,
) {
  const { project, operation } = component
  const { signal, fence } = context
  const step = (name: string, change: StepChange): Promise<void> =>
    store.transaction(async (tx) => {
      await fence(tx)
      await markStep(tx, project, operation, name, change, clock.now())
    })
  const noteRepository = (state: StoredComponent['repositoryState']): Promise<void> =>
    store.transaction(async (tx) => {
      await fence(tx)
      await setRepositoryState(tx, key, state)
    })

  /** The same files again give the same answer, so asking twice is asking once. */
  const askForRepository = async (): Promise<void> => {
    const scaffold = await findScaffold(store.db, key)
    if (scaffold === undefined) throw new Error(`the files of ${project}/${key.component} are not there`)
    await bus.ask(createRepository, { project, repository: component.repository, ...scaffold }, { signal })
    await noteRepository('made')
  }

  const fail = async (name: string, error: AppError): Promise<Outcome> => {
    await store.transaction(async (tx) => {
      await fence(tx)
      await markStep(tx, project, operation, name, { state: 'failed', detail: error.publicDetail }, clock.now())
      await endOperation(tx, project, operation, { code: error.code, detail: error.publicDetail }, clock.now())
      const current = await findComponent(tx, key, 'lock')
      if (current?.state === 'creating') await setComponentState(tx, key, 'failed')
    })
    return 'done'
  }

  const publish = (): Promise<void> =>
    store.transaction(async (tx) => {
      await fence(tx)
      const current = await findComponent(tx, key, 'lock')
      if (current?.state !== 'creating') return
      const environments = (await listEnvironments(tx, project)).map(({ name, automatic, position }) => ({
        name,
        automatic,
        position,
      }))
      await setComponentState(tx, key, 'ready')
      await removeScaffold(tx, key)
      const data = { project, component: key.component, repository: component.repository, environments }
      await appendEvent(tx, componentCreated, { project, entity: key.component, actor: component.createdBy, data })
      await markStep(tx, project, operation, 'catalog', { state: 'done' }, clock.now())
      await endOperation(tx, project, operation, undefined, clock.now())
    })

  const create = async (): Promise<Outcome> => {
    if (component.repositoryState !== 'made') {
      await step('repository', { state: 'running' })
      if (component.repositoryState === 'none') await noteRepository('asked')
      try {
        await askForRepository()
      } catch (error) {
        if (!(error instanceof AppError) || signal.aborted) throw error
        if (!isTransient(error) && (error.kind !== 'bug' || context.attempt >= 5)) {
          if (error.code === 'gitops.repository_exists') await noteRepository('foreign')
          return fail('repository', error)
        }
        await step('repository', { state: 'running', detail: `Trying again: ${error.publicDetail}` })
        throw error
      }
    }
    await step('repository', { state: 'done' })
    await publish()
    return 'done'
  }

  /** Archived only where it is known to be ours: one of the same name that somebody else made stays untouched. */
  const retireRepository = async (): Promise<void> => {
    let state = component.repositoryState
    if (state === 'asked') {
      state = await askForRepository().then(() => 'made' as const, (error: unknown) => {
        if (error instanceof AppError && error.code === 'gitops.repository_exists') return 'foreign' as const
        throw error
      }) // prettier-ignore
    }
    if (state === 'made')
      await bus.ask(
        archiveRepository,
        { project, repository: component.repository, actor: component.createdBy },
        { signal },
      )
  }

  const remove = async (): Promise<Outcome> => {
    const left = await workloadsOfComponent(store.db, key)
    if (left.length > 0) {
      const waiting = left
        .map(({ environment, detail }) => `${environment}${detail === null ? '' : ` (${detail})`}`)
        .join(', ')
      await step('workloads', { state: 'running', detail: `Still there: ${waiting}` })
      return { againInMs: removalLookMs }
    }
    await step('workloads', { state: 'done' })
    await step('repository', { state: 'running' })
    await retireRepository()
    await step('repository', { state: 'done' })
    await store.transaction(async (tx) => {
      await fence(tx)
      if ((await findComponent(tx, key, 'lock')) === undefined) return
      await markStep(tx, project, operation, 'catalog', { state: 'done' }, clock.now())
      await deleteComponentRow(tx, key)
      await appendEvent(tx, componentDeleted, {
        project,
        entity: key.component,
        data: { project, component: key.component },
      })
      await endOperation(tx, project, operation, undefined, clock.now())
    })
    return 'done'
  }

  return { create, remove }
}
