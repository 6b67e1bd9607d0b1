import { failure, type finishJob, type RpcRequest } from '@plinth/contracts'
import { rows, sql } from '@plinth/store'
import type { Parts } from '../parts.ts'
import { dotenvProblem } from '../reports/dotenv.ts'
import { readReports } from '../reports/read-reports.ts'
import { writeReports } from '../reports/report-store.ts'
import { totalsOf, writeCases } from '../reports/test-store.ts'
import { recordRuns, type Attempt } from '../tests/history.ts'
import { quarantined } from '../tests/quarantines.ts'
import { changePipeline, offered, type Change } from './coordinator.ts'
import { jobById, type JobRow } from './job-row.ts'

type Finish = RpcRequest<typeof finishJob>

const systemRetriesMax = 3

/** Why an attempt failed, in GitLab's words: what `retry:when` names. */
type FailureReason = 'script_failure' | 'job_execution_timeout' | 'runner_system_failure'

export type Failure = { reason: FailureReason; detail: string; exitCode: number | null }

/** Takes the end of an attempt: once, and only of the current one; then lets the pipeline go on, in one transaction. */
export async function finish(parts: Parts, request: Finish): Promise<{ accepted: boolean }> {
  const known = await jobById(parts.store.db, request.job)
  if (known === undefined || !isCurrent(known, request)) return { accepted: false }
  // Read before the lock is taken: a large report takes a while.
  const reports = readReports(request)
  const { cases } = reports
  const excuse = await quarantined(parts.store.db, known, request, reports, parts.clock.now().toISOString())
  const accepted = await changePipeline(parts, known.pipeline, async (change) => {
    const job = change.job(request.job)
    if (job === undefined || !isCurrent(job, request)) return false
    await writeCases(change.tx, job.id, cases, await recordRuns(change.tx, attemptOf(change, job), cases))
    await writeReports(change.tx, job, reports)
    const artifact = await artifactOfAttempt(change, job, request.artifact)
    const kept = { artifact, tests: totalsOf(cases), exitCode: request.exitCode ?? null, finishedAt: change.now }
    const failed = failureOf(request)
    if (failed === undefined) change.set(job, { ...kept, status: 'success', reason: null, dotenv: request.dotenv })
    else if (excuse !== undefined)
      change.set(job, { ...kept, status: 'failed', reason: excuse, allowFailure: true, dotenv: {} })
    else if (!tryAgain(change, job, failed)) change.set(job, { ...kept, ...failedState(job, failed) })
    return true
  })
  return { accepted: accepted === true }
}

const attemptOf = ({ pipeline, now }: Change, job: JobRow): Attempt => ({
  project: pipeline.project,
  repository: pipeline.repository,
  pipeline: pipeline.id,
  ref: pipeline.ref,
  revision: pipeline.revision,
  defaultBranch: pipeline.facts.defaultBranch,
  job: job.id,
  jobName: job.name,
  attempt: job.attempt,
  now,
})

const isCurrent = (job: JobRow, { attempt, runner }: Finish): boolean =>
  job.status === 'running' && job.attempt === attempt && job.runner === runner

function failureOf(request: Finish): Failure | undefined {
  const exitCode = request.exitCode ?? null
  // The database takes neither a NUL nor half of a character, and an end that it refuses would never be told.
  const detail = request.reason?.slice(0, 500).replaceAll('\0', '').toWellFormed()
  switch (request.outcome) {
    case 'success': {
      const problem = dotenvProblem(request.dotenv)
      return problem === undefined ? undefined : { reason: 'script_failure', detail: problem, exitCode }
    }
    case 'failed':
      return { reason: 'script_failure', detail: detail ?? `the script ended with ${exitCode ?? 'an error'}`, exitCode }
    case 'timeout':
      return { reason: 'job_execution_timeout', detail: detail ?? 'it ran longer than its timeout', exitCode }
    // Nobody here canceled it, or the attempt would not be current: the runner is going away.
    case 'canceled':
    case 'system_failure':
      return { reason: 'runner_system_failure', detail: detail ?? 'the runner could not run it', exitCode: null }
  }
}

/** Offers a failed job again where it may be: the runner's own failures up to three times, others by the job's `retry`. */
export function tryAgain(change: Change, job: JobRow, failed: Failure): boolean {
  if (failed.reason === 'runner_system_failure' && job.systemRetries < systemRetriesMax) {
    change.set(job, {
      ...offered(job, `offered again: ${failed.detail}`, change.now),
      systemRetries: job.systemRetries + 1,
    })
    return true
  }
  const { max, when, exitCodes } = job.retry
  const isNamed =
    when.includes('always') ||
    when.includes(failed.reason) ||
    (failed.exitCode !== null && exitCodes.includes(failed.exitCode))
  const isStuck = failed.reason === 'job_execution_timeout' && when.includes('stuck_or_timeout_failure')
  if (job.retries >= max || !(isNamed || isStuck)) return false
  change.set(job, { ...offered(job, `retried: ${failed.detail}`, change.now), retries: job.retries + 1 })
  return true
}

/** Failed for good; allowed to, when the job says so for every failure or for this exit code. */
export function failedState(job: JobRow, failed: Failure): Partial<JobRow> {
  const rule = job.allowFailureRule
  const allowFailure =
    typeof rule === 'boolean' ? rule : failed.exitCode !== null && rule.exitCodes.includes(failed.exitCode)
  return { status: 'failed', reason: failed.detail, allowFailure, dotenv: {} }
}

async function artifactOfAttempt({ tx }: Change, job: JobRow, id: string | undefined): Promise<string | null> {
  if (id === undefined) return null
  const found = await rows(
    tx,
    sql`select 1 from artifacts where id = ${id} and job = ${job.id} and attempt = ${job.attempt}`,
  )
  if (found.length === 0)
    throw failure('pipelines.artifact_unknown', { detail: 'This attempt has uploaded no such artifact.' })
  return id
}
