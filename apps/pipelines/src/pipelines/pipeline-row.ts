import type { Pipeline, PipelineDetail } from '@plinth/contracts'
import { isoTime, rows, type Executor, sql, type SQL } from '@plinth/store'
import type { Static } from 'typebox'
import { artifactsOf, jobAnswer, jobsOf, type JobRow, type TestTotals } from '../jobs/job-row.ts'
import type { Facts, JobStatus, Problem } from '@plinth/ci'
import { reportsOf } from '../reports/report-store.ts'

/** What is kept of the planning: enough to make the variables of a job at any later time. */
export type KeptFacts = Facts & { variables: Record<string, string>; name?: string }

export type PipelineRow = {
  id: string
  project: string
  repository: string
  number: number
  ref: string
  revision: string
  title: string
  author: string
  source: string
  status: JobStatus
  facts: KeptFacts
  problems: Problem[]
  stages: string[]
  jobsCount: number
  createdAt: string
  startedAt: string | null
  finishedAt: string | null
}

const time = (column: string): SQL => isoTime(sql.raw(column))

export const pipelineColumns = sql`p.id, p.project, p.repository, p.number, p.ref, p.revision, p.title, p.author, p.source, p.status,
  p.facts, p.problems, p.stages, p.jobs_count as "jobsCount", ${time('p.created_at')} as "createdAt",
  ${time('p.started_at')} as "startedAt", ${time('p.finished_at')} as "finishedAt"`

export async function pipelineById(executor: Executor, id: string, project?: string): Promise<PipelineRow | undefined> {
  const inProject = project === undefined ? sql`true` : sql`p.project = ${project}`
  const [pipeline] = await rows<PipelineRow>(
    executor,
    sql`select ${pipelineColumns} from pipelines p where p.id = ${id} and ${inProject}`,
  )
  return pipeline
}

/** Locks the pipeline for the transaction: whoever changes the state of a job does so behind this. */
export async function lockPipeline(executor: Executor, id: string): Promise<PipelineRow | undefined> {
  const [pipeline] = await rows<PipelineRow>(
    executor,
    sql`select ${pipelineColumns} from pipelines p where p.id = ${id} for update`,
  )
  return pipeline
}

export async function writePipeline(
  executor: Executor,
  { id, status, startedAt, finishedAt }: PipelineRow,
): Promise<void> {
  await executor.execute(
    sql`update pipelines set status = ${status}, started_at = ${startedAt}, finished_at = ${finishedAt} where id = ${id}`,
  )
}

export function addTotals(totals: readonly (TestTotals | null)[]): TestTotals | undefined {
  const known = totals.filter((entry) => entry !== null)
  if (known.length === 0) return undefined
  const sum = (key: keyof TestTotals): number => known.reduce((total, entry) => total + entry[key], 0)
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped'), durationMs: sum('durationMs') }
}

type PipelineAnswer = Static<typeof Pipeline>

export function pipelineAnswer(pipeline: PipelineRow, tests?: TestTotals): PipelineAnswer {
  const { facts: _facts, jobsCount: _count, stages: _stages, startedAt, finishedAt, ...shown } = pipeline
  return {
    ...shown,
    ...(startedAt !== null && { startedAt }),
    ...(finishedAt !== null && { finishedAt }),
    ...(tests !== undefined && { tests }),
  }
}

export async function pipelineDetail(
  executor: Executor,
  pipeline: PipelineRow,
  known?: readonly JobRow[],
): Promise<Static<typeof PipelineDetail>> {
  const jobs = known ?? (await jobsOf(executor, pipeline.id))
  const artifacts = await artifactsOf(
    executor,
    jobs.map((job) => job.artifact),
  )
  const reports = await reportsOf(executor, pipeline.id)
  return {
    ...pipelineAnswer(pipeline, addTotals(jobs.map((job) => job.tests))),
    ...(reports.all !== undefined && { reports: reports.all }),
    stages: pipeline.stages,
    jobs: jobs.map((job) => {
      const said = reports.byJob.get(job.id)
      return { ...jobAnswer(job, artifacts), ...(said !== undefined && { reports: said }) }
    }),
  }
}
