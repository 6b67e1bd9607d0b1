import { newId } from '@plinth/kernel'
import { rows, type Tx, sql } from '@plinth/store'
import { appendPipelineChanged, changeLocked } from '../jobs/coordinator.ts'
import type { JobRow } from '../jobs/job-row.ts'
import type { Plan, PlannedJob, Problem } from '@plinth/ci'
import type { Parts } from '../parts.ts'
import type { KeptFacts, PipelineRow } from './pipeline-row.ts'

/**
 * Writes a planned pipeline with its jobs and lets the first ones start; one with problems is written as failed.
 * `origin` makes it one pipeline however often it is asked for: undefined when that one is there already.
 */
export async function createPlanned(
  parts: Pick<Parts, 'clock'>,
  tx: Tx,
  { facts, origin, plan, problems }: { facts: KeptFacts; origin: string | null; plan?: Plan; problems: Problem[] },
): Promise<{ pipeline: PipelineRow; jobs: JobRow[] } | undefined> {
  const now = parts.clock.now().toISOString()
  const pipeline: PipelineRow = {
    id: newId('pip', parts.clock.now().getTime()),
    project: facts.project,
    repository: facts.repository,
    number: 0,
    ref: facts.ref,
    revision: facts.revision,
    title: facts.title,
    author: facts.author,
    source: facts.source,
    status: plan === undefined ? 'failed' : 'created',
    facts,
    problems,
    stages: plan?.stages ?? [],
    jobsCount: plan?.jobs.length ?? 0,
    createdAt: now,
    startedAt: null,
    finishedAt: plan === undefined ? now : null,
  }
  if (!(await insertPipeline(tx, pipeline, origin))) return undefined
  if (plan === undefined) {
    await appendPipelineChanged(tx, pipeline, [])
    return { pipeline, jobs: [] }
  }
  const jobs = plan.jobs.map((job) => newJob(pipeline, job))
  await insertJobs(tx, jobs, plan.jobs)
  await changeLocked(parts, tx, pipeline, jobs, async () => undefined)
  // Unchanged means that nobody was told yet that it is there.
  if (pipeline.status === 'created') await appendPipelineChanged(tx, pipeline, jobs)
  return { pipeline, jobs }
}

async function insertPipeline(tx: Tx, pipeline: PipelineRow, origin: string | null): Promise<boolean> {
  if (origin !== null) {
    const known = await rows(tx, sql`select 1 from pipelines where origin = ${origin}`)
    if (known.length > 0) return false
  }
  const [counted] = await rows<{ last: number }>(
    tx,
    sql`
    insert into pipeline_numbers as n (project, repository, last) values (${pipeline.project}, ${pipeline.repository}, 1)
    on conflict (project, repository) do update set last = n.last + 1 returning last`,
  )
  pipeline.number = counted?.last ?? 1
  // Two at once for one origin: the second waits above for the counter, and finds the first here.
  const inserted = await tx.execute(sql`
    insert into pipelines (id, project, repository, number, ref, revision, title, author, source, status, origin, facts, problems, stages,
      jobs_count, created_at, finished_at)
    values (${pipeline.id}, ${pipeline.project}, ${pipeline.repository}, ${pipeline.number}, ${pipeline.ref}, ${pipeline.revision},
      ${pipeline.title}, ${pipeline.author}, ${pipeline.source}, ${pipeline.status}, ${origin}, ${JSON.stringify(pipeline.facts)}::jsonb,
      ${JSON.stringify(pipeline.problems)}::jsonb, ${JSON.stringify(pipeline.stages)}::jsonb, ${pipeline.jobsCount},
      ${pipeline.createdAt}, ${pipeline.finishedAt})
    on conflict (origin) do nothing`)
  return inserted.rowCount === 1
}

const newJob = (pipeline: PipelineRow, job: PlannedJob): JobRow => ({
  id: newId('job'),
  pipeline: pipeline.id,
  project: pipeline.project,
  name: job.name,
  stage: job.stage,
  stageIndex: job.stageIndex,
  status: 'created',
  when: job.when,
  needs: job.needs?.map((need) => need.job) ?? null,
  allowFailure: job.allowFailure === true,
  allowFailureRule: job.allowFailure,
  retry: job.retry,
  tag: job.tag,
  timeoutSeconds: job.timeoutSeconds,
  startInSeconds: job.startInSeconds ?? 0,
  attempt: 0,
  retries: 0,
  systemRetries: 0,
  reason: null,
  exitCode: null,
  runner: null,
  queuedAt: null,
  startedAt: null,
  finishedAt: null,
  artifact: null,
  tests: null,
  dotenv: {},
})

async function insertJobs(tx: Tx, jobs: readonly JobRow[], planned: readonly PlannedJob[]): Promise<void> {
  const records = jobs.map((job, position) => ({ ...job, position, spec: planned[position] }))
  await tx.execute(sql`
    insert into jobs (id, pipeline, project, name, position, stage, stage_index, spec, needs, status, allow_failure)
    select id, pipeline, project, name, position, stage, "stageIndex", spec, nullif(needs, 'null'::jsonb), status, "allowFailure"
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as d(id text, pipeline text, project text, name text,
      position integer, stage text, "stageIndex" integer, spec jsonb, needs jsonb, status text, "allowFailure" boolean)`)
}
