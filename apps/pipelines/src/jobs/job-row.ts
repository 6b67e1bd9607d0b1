import type { Job } from '@plinth/contracts'
import type { Static } from 'typebox'
import { isoTime, rows, type Executor, sql, type SQL } from '@plinth/store'
import type { AllowFailure, JobStatus, RetrySpec, When } from '@plinth/ci'

export type TestTotals = { passed: number; failed: number; skipped: number; durationMs: number }

/** A job as the coordinator sees it: its state, and of its plan what decides about its state. */
export type JobRow = {
  id: string
  pipeline: string
  project: string
  name: string
  stage: string
  stageIndex: number
  status: JobStatus
  when: When
  needs: string[] | null
  allowFailure: boolean
  allowFailureRule: AllowFailure
  retry: RetrySpec
  tag: string
  timeoutSeconds: number
  startInSeconds: number
  attempt: number
  retries: number
  systemRetries: number
  reason: string | null
  exitCode: number | null
  runner: string | null
  queuedAt: string | null
  startedAt: string | null
  finishedAt: string | null
  artifact: string | null
  tests: TestTotals | null
  dotenv: Record<string, string>
}

const time = (column: string): SQL => isoTime(sql.raw(column))

const jobColumns = sql`j.id, j.pipeline, j.project, j.name, j.stage, j.stage_index as "stageIndex", j.status,
  j.spec->>'when' as "when", j.needs, j.allow_failure as "allowFailure", j.spec->'allowFailure' as "allowFailureRule",
  j.spec->'retry' as retry, j.spec->>'tag' as tag, (j.spec->>'timeoutSeconds')::int as "timeoutSeconds",
  coalesce((j.spec->>'startInSeconds')::int, 0) as "startInSeconds", j.attempt, j.retries,
  j.system_retries as "systemRetries", j.reason, j.exit_code as "exitCode", j.runner, ${time('j.queued_at')} as "queuedAt",
  ${time('j.started_at')} as "startedAt", ${time('j.finished_at')} as "finishedAt", j.artifact, j.tests, j.dotenv`

export const jobsOf = (executor: Executor, pipeline: string): Promise<JobRow[]> =>
  rows<JobRow>(executor, sql`select ${jobColumns} from jobs j where j.pipeline = ${pipeline} order by j.position`)

export async function jobById(executor: Executor, id: string, project?: string): Promise<JobRow | undefined> {
  const inProject = project === undefined ? sql`true` : sql`j.project = ${project}`
  const [job] = await rows<JobRow>(executor, sql`select ${jobColumns} from jobs j where j.id = ${id} and ${inProject}`)
  return job
}

/** Writes the state of jobs back; one statement however many there are. */
export async function writeJobs(executor: Executor, jobs: readonly JobRow[]): Promise<void> {
  if (jobs.length === 0) return
  await executor.execute(sql`
    update jobs j set status = d.status, allow_failure = d."allowFailure", attempt = d.attempt, retries = d.retries,
      system_retries = d."systemRetries", reason = d.reason, exit_code = d."exitCode", runner = d.runner,
      queued_at = d."queuedAt", started_at = d."startedAt", finished_at = d."finishedAt", artifact = d.artifact,
      tests = d.tests, dotenv = d.dotenv
    from jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb) as d(
      id text, status text, "allowFailure" boolean, attempt integer, retries integer, "systemRetries" integer, reason text,
      "exitCode" integer, runner text, "queuedAt" timestamptz, "startedAt" timestamptz, "finishedAt" timestamptz,
      artifact text, tests jsonb, dotenv jsonb)
    where j.id = d.id`)
}

type JobAnswer = Static<typeof Job>
export type ArtifactRow = { id: string; job: string; sha256: string; sizeBytes: number }

/** The job as the contract shows it. */
export function jobAnswer(job: JobRow, artifacts: ReadonlyMap<string, ArtifactRow>): JobAnswer {
  const artifact = job.artifact === null ? undefined : artifacts.get(job.artifact)
  return {
    id: job.id,
    project: job.project,
    pipeline: job.pipeline,
    name: job.name,
    stage: job.stage,
    status: job.status,
    needs: job.needs ?? [],
    allowFailure: job.allowFailure,
    when: job.when,
    attempt: job.attempt,
    ...(job.reason !== null && { reason: job.reason }),
    ...(job.exitCode !== null && { exitCode: job.exitCode }),
    ...(job.runner !== null && { runner: job.runner }),
    ...(job.queuedAt !== null && { queuedAt: job.queuedAt }),
    ...(job.startedAt !== null && { startedAt: job.startedAt }),
    ...(job.finishedAt !== null && { finishedAt: job.finishedAt }),
    ...(artifact !== undefined && {
      artifact: { id: artifact.id, job: artifact.job, sha256: artifact.sha256, sizeBytes: artifact.sizeBytes },
    }),
    ...(job.tests !== null && { tests: job.tests }),
  }
}

export async function artifactsOf(
  executor: Executor,
  ids: readonly (string | null)[],
): Promise<Map<string, ArtifactRow>> {
  const wanted = ids.filter((id) => id !== null)
  if (wanted.length === 0) return new Map()
  const found = await rows<ArtifactRow>(
    executor,
    sql`select id, job, sha256, size_bytes::float8 as "sizeBytes" from artifacts
    where id = any(${sql.param(wanted)}::text[])`,
  )
  return new Map(found.map((artifact) => [artifact.id, artifact]))
}
