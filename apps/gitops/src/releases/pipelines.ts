import type { EventData, pipelineChanged, TestSummary } from '@plinth/contracts'
import { rows, sql, type Executor } from '@plinth/store'
import type { Static } from 'typebox'

type Told = EventData<typeof pipelineChanged>

export type KnownPipeline = {
  pipeline: string
  number: number
  status: string
  revision: string
  jobs: number
  createdAt: string
  durationMs: number | null
  tests: Static<typeof TestSummary> | null
}

const columns = sql`pipeline, number, status, revision, jobs, created_at as "createdAt", duration_ms as "durationMs", tests`

/** Keeps the newest word on a pipeline; false where a newer one is known already. */
export async function notePipeline(db: Executor, told: Told, toldAt: string): Promise<boolean> {
  const tests = told.tests === undefined ? null : JSON.stringify(told.tests)
  const noted = await db.execute(sql`
    insert into pipelines as p (project, pipeline, repository, number, status, ref, revision, title, jobs, created_at, duration_ms, tests, told_at)
    values (${told.project}, ${told.pipeline}, ${told.repository}, ${told.number}, ${told.status}, ${told.ref}, ${told.revision},
      ${told.title}, ${told.jobs}, ${told.createdAt}, ${told.durationMs ?? null}, ${tests}::jsonb, ${toldAt}::timestamptz)
    on conflict (project, pipeline) do update set status = excluded.status, jobs = excluded.jobs,
      duration_ms = excluded.duration_ms, tests = excluded.tests, told_at = excluded.told_at
    where p.told_at <= excluded.told_at`)
  return noted.rowCount === 1
}

/** Pipelines of a commit, newest first. */
const pipelinesOf = (db: Executor, project: string, repository: string, revision: string): Promise<KnownPipeline[]> =>
  rows<KnownPipeline>(
    db,
    sql`select ${columns} from pipelines
    where project = ${project} and repository = ${repository} and revision = ${revision} order by number desc limit 20`,
  )

export async function newestPipeline(
  db: Executor,
  project: string,
  repository: string,
  ref: string,
): Promise<KnownPipeline | undefined> {
  const [found] = await rows<KnownPipeline>(
    db,
    sql`select ${columns} from pipelines
    where project = ${project} and repository = ${repository} and ref = ${ref} order by number desc limit 1`,
  )
  return found
}

/** What a person who decides on a commit wants to know of its pipelines: the newest one's word. */
export async function checksOf(db: Executor, project: string, repository: string, revision: string) {
  const [newest] = await pipelinesOf(db, project, repository, revision)
  if (newest === undefined) return []
  const tests = newest.tests === null ? '' : `, ${newest.tests.passed} tests passed, ${newest.tests.failed} failed`
  return [{ name: `pipeline #${newest.number}`, state: newest.status, detail: `${newest.jobs} jobs${tests}` }]
}
