import { jobChanged, pipelineChanged } from '@plinth/contracts'
import { appendEvent, enqueue, rows, type Tx, sql } from '@plinth/store'
import { jobStopSubject } from '@plinth/contracts'
import { completed, compositeStatus, nextMoves, type JobStatus } from '@plinth/ci'
import type { Parts } from '../parts.ts'
import { addTotals, lockPipeline, writePipeline, type PipelineRow } from '../pipelines/pipeline-row.ts'
import { artifactsOf, jobsOf, writeJobs, type JobRow } from './job-row.ts'

export const offerQueue = 'job-offers'
export const watchQueue = 'job-attempts'
export const revocationQueue = 'token-revocations'
export const delayQueue = 'delayed-jobs'

export const attemptKey = (job: string, attempt: number): string => `${job}:${attempt}`

export function readAttemptKey(key: string): { job: string; attempt: number } {
  const [job = '', attempt = ''] = key.split(':')
  return { job, attempt: Number(attempt) }
}

/** A change of one pipeline under its lock; `set` notes what is different, and all of it is written at the end. */
export type Change = {
  tx: Tx
  pipeline: PipelineRow
  jobs: readonly JobRow[]
  job(id: string): JobRow | undefined
  set(job: JobRow, patch: Partial<JobRow>): void
  now: string
}

type Stop = { job: string; attempt: number }

/**
 * Changes the state of a pipeline's jobs and, in the same transaction, lets everything follow from it: which jobs start
 * or are skipped, what is offered, the status of the pipeline, the events. Undefined when there is no such pipeline.
 */
export async function changePipeline<T>(
  parts: Parts,
  id: string,
  work: (change: Change) => Promise<T>,
): Promise<T | undefined> {
  const touched = new Set<string>()
  const stops: Stop[] = []
  const result = await parts.store.transaction(async (tx) => {
    touched.clear()
    stops.length = 0
    const pipeline = await lockPipeline(tx, id)
    if (pipeline === undefined) return undefined
    const jobs = await jobsOf(tx, id)
    const answer = await changeLocked(parts, tx, pipeline, jobs, work, { touched, stops })
    return { answer }
  })
  // After the commit: whoever is told to look finds it written.
  for (const stop of stops) parts.bus.notify(jobStopSubject, stop)
  for (const job of touched) parts.signals.wake(job)
  return result?.answer
}

type Aftermath = { touched: Set<string>; stops: Stop[] }

/** The same for a pipeline that the transaction holds already: a new one. */
export async function changeLocked<T>(
  parts: Pick<Parts, 'clock'>,
  tx: Tx,
  pipeline: PipelineRow,
  jobs: readonly JobRow[],
  work: (change: Change) => Promise<T>,
  aftermath: Aftermath = { touched: new Set(), stops: [] },
): Promise<T> {
  const now = parts.clock.now().toISOString()
  const before = new Map<string, { status: JobStatus; attempt: number }>()
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const set = (job: JobRow, patch: Partial<JobRow>): void => {
    if (!before.has(job.id)) before.set(job.id, { status: job.status, attempt: job.attempt })
    Object.assign(job, patch)
  }
  const answer = await work({ tx, pipeline, jobs, job: (id) => byId.get(id), set, now })
  const byName = new Map(jobs.map((job) => [job.name, job]))
  for (const move of nextMoves(jobs.map(({ needs, ...job }) => ({ ...job, ...(needs !== null && { needs }) })))) {
    const job = byName.get(move.name)
    if (job === undefined) continue
    if (move.to === 'pending') set(job, offered(job, move.reason, now))
    else if (move.to === 'scheduled') set(job, { status: 'scheduled', reason: startsAt(now, job.startInSeconds) })
    else set(job, { status: move.to, reason: move.reason, ...(move.to === 'skipped' && { finishedAt: now }) })
  }
  const changed = jobs.filter((job) => before.has(job.id))
  await writeJobs(tx, changed)
  for (const job of changed) await follow(tx, pipeline, job, before.get(job.id), aftermath)
  await settlePipeline(tx, pipeline, jobs, now)
  return answer
}

const startsAt = (now: string, inSeconds: number): string =>
  `starts at ${new Date(Date.parse(now) + inSeconds * 1_000).toISOString()}`

/** The state of a job that is offered to runners anew: a further attempt, with nothing left of the one before. */
export const offered = (job: JobRow, reason: string, now: string): Partial<JobRow> => ({
  status: 'pending',
  attempt: job.attempt + 1,
  reason,
  allowFailure: job.allowFailureRule === true,
  exitCode: null,
  runner: null,
  queuedAt: now,
  startedAt: null,
  finishedAt: null,
  artifact: null,
  tests: null,
  dotenv: {},
})

async function follow(
  tx: Tx,
  pipeline: PipelineRow,
  job: JobRow,
  was: { status: JobStatus; attempt: number } | undefined,
  { touched, stops }: Aftermath,
): Promise<void> {
  if (was === undefined || (was.status === job.status && was.attempt === job.attempt)) return
  touched.add(job.id)
  if (was.status === 'running') {
    await enqueue(tx, revocationQueue, attemptKey(job.id, was.attempt))
    stops.push({ job: job.id, attempt: was.attempt })
  }
  if (job.status === 'pending') await enqueue(tx, offerQueue, attemptKey(job.id, job.attempt))
  if (job.status === 'scheduled')
    await enqueue(tx, delayQueue, attemptKey(job.id, job.attempt), { delayMs: job.startInSeconds * 1_000 })
  await appendJobChanged(tx, pipeline, job)
}

export const appendJobChanged = (tx: Tx, pipeline: PipelineRow, job: JobRow): Promise<void> =>
  appendEvent(tx, jobChanged, {
    project: job.project,
    entity: job.id,
    data: {
      project: job.project,
      repository: pipeline.repository,
      pipeline: job.pipeline,
      job: job.id,
      name: job.name,
      stage: job.stage,
      status: job.status,
      attempt: job.attempt,
      ...(job.reason !== null && { reason: job.reason }),
    },
  })

async function settlePipeline(tx: Tx, pipeline: PipelineRow, jobs: readonly JobRow[], now: string): Promise<void> {
  const status = compositeStatus(jobs) ?? pipeline.status
  if (status === pipeline.status) return
  pipeline.status = status
  if (status === 'running') pipeline.startedAt ??= now
  pipeline.finishedAt = completed(status) ? now : null
  await writePipeline(tx, pipeline)
  await appendPipelineChanged(tx, pipeline, jobs)
}

/** Tells of the pipeline; once it is over, also what it made and how its tests went. */
export async function appendPipelineChanged(tx: Tx, pipeline: PipelineRow, jobs: readonly JobRow[]): Promise<void> {
  const finished = completed(pipeline.status)
  const tests = finished ? addTotals(jobs.map((job) => job.tests)) : undefined
  const began = pipeline.startedAt ?? pipeline.createdAt
  await appendEvent(tx, pipelineChanged, {
    project: pipeline.project,
    entity: pipeline.id,
    actor: pipeline.facts.actor,
    data: {
      project: pipeline.project,
      repository: pipeline.repository,
      pipeline: pipeline.id,
      number: pipeline.number,
      status: pipeline.status,
      ref: pipeline.ref,
      revision: pipeline.revision,
      title: pipeline.title,
      author: pipeline.author,
      jobs: pipeline.jobsCount,
      createdAt: pipeline.createdAt,
      ...(pipeline.finishedAt !== null && {
        durationMs: Math.max(0, Date.parse(pipeline.finishedAt) - Date.parse(began)),
      }),
      ...(tests !== undefined && { tests }),
      finished,
      artifacts: finished ? await deployable(tx, jobs) : [],
    },
  })
}

/** The artifacts of the jobs that passed, the one named `workload` first: what gitops releases. */
async function deployable(
  tx: Tx,
  jobs: readonly JobRow[],
): Promise<{ name: string; artifact: { id: string; job: string; sha256: string; sizeBytes: number } }[]> {
  const ids = jobs.filter((job) => job.status === 'success').map((job) => job.artifact)
  const artifacts = await artifactsOf(tx, ids)
  if (artifacts.size === 0) return []
  const named = await rows<{ id: string; name: string }>(
    tx,
    sql`select id, name from artifacts
    where id = any(${sql.param([...artifacts.keys()])}::text[]) order by name <> 'workload', id`,
  )
  return named.flatMap(({ id, name }) => {
    const artifact = artifacts.get(id)
    return artifact === undefined ? [] : [{ name, artifact }]
  })
}
