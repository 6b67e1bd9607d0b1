import { failure, type DeliveryLine } from '@plinth/contracts'
import type { Static } from 'typebox'
import { listApplications, viewApplications } from '../applications/store.ts'
import { findComponent } from '../catalog/store.ts'
import { waitingFor } from '../change-requests/store.ts'
import { viewChangeRequest } from '../change-requests/view.ts'
import { branchRef, folderExists, repositoryFolder } from '../git/names.ts'
import { listCommits, resolveRef, type Commit } from '../git/reading.ts'
import type { Parts } from '../parts.ts'
import { findRepository, type Repository } from '../repositories/store.ts'
import { newestPipeline, type KnownPipeline } from './pipelines.ts'

/** From the newest commit to production: what is where, and what waits for somebody. */
export const deliveryLine =
  (parts: Parts) =>
  async (project: string, component: string): Promise<Static<typeof DeliveryLine>> => {
    const { db } = parts.store
    const [known, applications] = await Promise.all([
      findComponent(db, project, component),
      listApplications(db, project, component),
    ])
    if (known === undefined && applications.length === 0)
      throw failure('gitops.application_unknown', { detail: `There is no component ${project}/${component}.` })
    const name = known?.repository ?? component
    const repository = await findRepository(db, project, name)
    const [commit, pipeline, environments, waiting] = await Promise.all([
      repository && newestCommit(parts, repository),
      newestPipeline(db, project, name, branchRef(repository?.defaultBranch ?? 'main')),
      viewApplications(db, applications),
      waitingFor(db, project, { component, repository: name }),
    ])
    return {
    project, component, environments,
    waiting: await Promise.all(waiting.map((request) => viewChangeRequest(db, request))),
    ...(commit !== undefined && { commit }),
    ...(pipeline !== undefined && { pipeline: viewPipeline(pipeline) }),
  } // prettier-ignore
  }

async function newestCommit({ root }: Parts, repository: Repository): Promise<Commit | undefined> {
  const folder = repositoryFolder(root, repository)
  if (!(await folderExists(folder))) return undefined
  const head = await resolveRef(folder, branchRef(repository.defaultBranch))
  return head && (await listCommits(folder, [head.revision], { limit: 1 }))[0]
}

const viewPipeline = ({ pipeline, status, revision, jobs, createdAt, durationMs, tests }: KnownPipeline) => ({
  id: pipeline, status, revision, jobs, createdAt,
  ...(durationMs !== null && { durationMs }),
  ...(tests !== null && { tests: { passed: tests.passed, failed: tests.failed, skipped: tests.skipped } }),
}) // prettier-ignore
