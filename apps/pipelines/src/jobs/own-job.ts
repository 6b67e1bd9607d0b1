import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import type { Parts } from '../parts.ts'
import { jobById, type JobRow } from './job-row.ts'

/**
 * The job that asks, by the claims of its token. A job of another project or another job is not there for this token;
 * an old attempt's own job is, and is told so. Who is no job at all reads `detail`.
 */
export async function ownJob(
  { store }: Pick<Parts, 'store'>,
  { claims }: Identity,
  { project, job: id }: { project: string; job: string },
  detail: string,
): Promise<JobRow> {
  if (claims['job'] === undefined) throw failure('gateway.permission_denied', { detail })
  const job = await jobById(store.db, id, project)
  const isOwn =
    job !== undefined && claims['job'] === id && claims['project'] === project && claims['pipeline'] === job.pipeline
  if (!isOwn) throw failure('pipelines.job_unknown')
  if (claims['attempt'] !== String(job.attempt) || job.status !== 'running') throw failure('pipelines.attempt_stale')
  return job
}
