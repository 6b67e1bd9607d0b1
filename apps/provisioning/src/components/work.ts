import { createRepository } from '@plinth/contracts'
import type { QueueContext, Tx } from '@plinth/store'
import { markStep, type StepChange } from '../operations/store.ts'
import type { Parts } from '../parts.ts'
import { findScaffold, setRepositoryState, type ComponentKey, type StoredComponent } from './store.ts'

export type Outcome = 'done' | { againInMs: number }

/** What the creation and the removal of one component share. */
export type Work = Pick<Parts, 'store' | 'bus' | 'clock'> & {
  key: ComponentKey
  /** As it was when the run began. */
  component: StoredComponent
  context: QueueContext
}

/** A transaction of this run, which ends unwritten where another worker has taken the component over. */
export const fenced = <T>({ store, context }: Work, write: (tx: Tx) => Promise<T>): Promise<T> =>
  store.transaction(async (tx) => {
    await context.fence(tx)
    return write(tx)
  })

/** Says in the component's operation how far a step is. */
export const noteStep = (work: Work, name: string, change: StepChange): Promise<void> =>
  fenced(work, (tx) => markStep(tx, work.component.project, work.component.operation, name, change, work.clock.now()))

export const noteRepository = (work: Work, state: StoredComponent['repositoryState']): Promise<void> =>
  fenced(work, (tx) => setRepositoryState(tx, work.key, state))

/** The same files again give the same answer, so asking twice is asking once. */
export async function askForRepository(work: Work): Promise<void> {
  const { store, bus, key, context } = work
  const { project, repository } = work.component
  const scaffold = await findScaffold(store.db, key)
  if (scaffold === undefined) throw new Error(`the files of ${project}/${key.component} are not there`)
  await bus.ask(createRepository, { project, repository, ...scaffold }, { signal: context.signal })
  await noteRepository(work, 'made')
}
