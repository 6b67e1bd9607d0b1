import { jobsGroup } from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Executor } from '@plinth/store'
import { findGroup } from '../groups/store.ts'

/** Throws where there is no such project: each has the group of its jobs from the moment it is made. */
export async function requireProject(executor: Executor, project: string): Promise<void> {
  if ((await findGroup(executor, jobsGroup(project).slice('group:'.length))) === undefined)
    throw failure('provisioning.project_unknown', { detail: `There is no project '${project}'.` })
}
