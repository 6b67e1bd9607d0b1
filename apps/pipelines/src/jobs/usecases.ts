import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit } from '@plinth/store'
import { completed, dependants, type StatusJob } from '@plinth/ci'
import type { Parts } from '../parts.ts'
import { reportsOf } from '../reports/report-store.ts'
import { changePipeline, offered, type Change } from './coordinator.ts'
import { artifactsOf, jobAnswer, jobById, type JobRow } from './job-row.ts'

type Asked = { project: string; job: string }
type JobAnswer = ReturnType<typeof jobAnswer>

export const jobUseCases = (parts: Parts) => ({
  async get({ project, job: id }: Asked): Promise<JobAnswer> {
    return shown(parts, await mustFind(parts, project, id))
  },

  /** A running job is canceled at once: its runner is told, and whatever it says later does not count. */
  cancel: (who: Identity, asked: Asked): Promise<JobAnswer> =>
    change(parts, who, asked, 'job.cancel', async ({ set, now }, job) => {
      if (completed(job.status))
        throw failure('pipelines.job_finished', { detail: `The job has ended: ${job.status}.` })
      set(job, canceled(who, now))
    }),

  retry: (who: Identity, asked: Asked): Promise<JobAnswer> =>
    change(parts, who, asked, 'job.retry', async (scope, job) => {
      if (!['success', 'failed', 'canceled'].includes(job.status)) {
        throw failure('platform.conflict', { detail: `The job is ${job.status}: only one that ran can run again.` })
      }
      scope.set(job, { ...offered(job, 'waits for a runner', scope.now), retries: 0, systemRetries: 0 })
      revive(scope, new Set([job.name]))
    }),

  play: (who: Identity, asked: Asked): Promise<JobAnswer> =>
    change(parts, who, asked, 'job.play', async (scope, job) => {
      if (completed(job.status))
        throw failure('pipelines.job_finished', { detail: `The job has ended: ${job.status}; retry it instead.` })
      if (job.status !== 'manual' && job.status !== 'scheduled') {
        throw failure('platform.conflict', {
          detail: `The job is ${job.status}: only one that waits for somebody, or for its time, can be started.`,
        })
      }
      scope.set(job, offered(job, 'waits for a runner', scope.now))
      revive(scope, new Set([job.name]))
    }),
})

export type JobUseCases = ReturnType<typeof jobUseCases>

export const canceled = (who: Identity, now: string): Partial<JobRow> => ({
  status: 'canceled',
  reason: `canceled by ${who.displayName}`,
  finishedAt: now,
})

/** Jobs that were skipped because of what starts again are judged anew. */
export function revive({ jobs, set }: Change, restarted: ReadonlySet<string>): void {
  const names = dependants(
    jobs.map(({ needs, ...job }): StatusJob => ({ ...job, ...(needs !== null && { needs }) })),
    restarted,
  )
  for (const job of jobs) {
    if (job.status === 'skipped' && names.has(job.name)) set(job, { status: 'created', reason: null, finishedAt: null })
  }
}

async function mustFind(parts: Parts, project: string, id: string): Promise<JobRow> {
  const job = await jobById(parts.store.db, id, project)
  if (job === undefined) throw failure('pipelines.job_unknown')
  return job
}

async function shown(parts: Parts, job: JobRow): Promise<JobAnswer> {
  const { db } = parts.store
  const [artifacts, reports] = [await artifactsOf(db, [job.artifact]), await reportsOf(db, job.pipeline)]
  const said = reports.byJob.get(job.id)
  return { ...jobAnswer(job, artifacts), ...(said !== undefined && { reports: said }) }
}

async function change(
  parts: Parts,
  who: Identity,
  { project, job: id }: Asked,
  action: string,
  work: (change: Change, job: JobRow) => Promise<void>,
): Promise<JobAnswer> {
  const { pipeline } = await mustFind(parts, project, id)
  const changed = await changePipeline(parts, pipeline, async (scope) => {
    const job = scope.job(id)
    if (job === undefined) throw failure('pipelines.job_unknown')
    await work(scope, job)
    await recordAudit(scope.tx, 'pipelines', who, {
      action,
      project,
      object: `job/${id}`,
      detail: { name: job.name, pipeline },
    })
    return job
  })
  if (changed === undefined) throw failure('pipelines.job_unknown')
  return shown(parts, changed)
}
