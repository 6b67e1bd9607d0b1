import type { EventData, pipelineChanged } from '@plinth/contracts'
import { newId, type IncomingEvent } from '@plinth/kernel'
import type { Tx } from '@plinth/store'
import { componentsOfRepository } from '../catalog/store.ts'
import { branchRef } from '../git/names.ts'
import { followNewestRelease } from '../applications/follow.ts'
import { findRepository } from '../repositories/store.ts'
import { notePipeline } from './pipelines.ts'
import { recordRelease } from './store.ts'

/** A pipeline of the default branch that passed is a release, and moves the applications that follow releases. */
export const onPipelineChanged = async (
  tx: Tx,
  event: IncomingEvent<EventData<typeof pipelineChanged>>,
): Promise<void> => {
  const told = event.data
  const isNews = await notePipeline(tx, told, event.time)
  if (!isNews || !told.finished || told.status !== 'success') return
  const { project, repository } = told
  const found = await findRepository(tx, project, repository)
  // Of a repository that was archived meanwhile nothing can be deployed, and the next of its name must not begin with it.
  if (found === undefined || told.ref !== branchRef(found.defaultBranch)) return
  const [first] = told.artifacts
  const artifact = told.artifacts.find(({ name }) => name === 'workload') ?? first
  // A component that the catalog has not told of yet has its repository's name.
  const known = await componentsOfRepository(tx, project, repository)
  for (const component of known.length > 0 ? known : [repository]) {
    await recordRelease(tx, {
      id: newId('rel'),
      project,
      component,
      revision: told.revision,
      title: told.title,
      author: told.author,
      pipeline: told.pipeline,
      pipelineNumber: told.number,
      artifact: artifact?.artifact ?? null,
    })
    await followNewestRelease(tx, project, component)
  }
}
