import { rows, type Executor, sql } from '@plinth/store'
import type { PipelineRow } from '../pipelines/pipeline-row.ts'
import { flakyDays, isFlaky } from './history.ts'
import type { TestStatus } from './identity.ts'

const listedMax = 200
/** Slower: by a half and by more than this, against the median of three runs at least; the rest is noise. */
const slowerByMs = 500
const medianRuns = 10
const medianRunsMin = 3

type Class = 'newFailures' | 'stillFailing' | 'fixed' | 'slower'
type Row = {
  class: Class
  classCount: number
  compared: number
  id: string
  suite: string
  within: string | null
  name: string
  file: string | null
  job: string
  status: TestStatus
  durationMs: number
  before: 'passed' | 'failed' | null
  targetMs: number | null
  targetFailures: number
  flaky: boolean
  quarantined: boolean
}
type Compared = Omit<Row, 'class' | 'classCount' | 'compared' | 'within' | 'file' | 'before' | 'targetMs'> & {
  within?: string
  file?: string
  before?: 'passed' | 'failed'
  targetMs?: number
}
type Comparison = { target: string; compared: number } & Record<Class, { count: number; items: Compared[] }>

/**
 * The newest result of each test in each job of a pipeline against its last run in earlier pipelines of the target
 * branch, which is the default branch. A failure of a test that the target does not know is a new one.
 */
export async function compareTests(executor: Executor, pipeline: PipelineRow, now: string): Promise<Comparison> {
  const target = `refs/heads/${pipeline.facts.defaultBranch}`
  const earlier = sql`o.test = m.test and o.ref = ${target} and o.job_name = m.job_name and o.pipeline < ${pipeline.id}`
  const found = await rows<Row>(
    executor,
    sql`
    with mine as (
      select distinct on (test, job_name) test, job_name, status, duration_ms from test_runs
      where pipeline = ${pipeline.id} and status <> 'skipped' order by test, job_name, ran_at desc, attempt desc
    ), seen as (
      select m.*, l.status as before, s.median, s.runs from mine m
      left join lateral (select o.status from test_runs o where ${earlier} and o.status <> 'skipped'
        order by o.ran_at desc, o.attempt desc limit 1) l on true
      left join lateral (
        select percentile_cont(0.5) within group (order by duration_ms) as median, count(*) as runs from (
          select o.duration_ms from test_runs o where ${earlier} and o.status = 'passed'
          order by o.ran_at desc limit ${medianRuns}) last) s on m.status = 'passed'
    ), classed as (
      select *, case when status = 'failed' and before = 'failed' then 'stillFailing' when status = 'failed' then 'newFailures'
        when before = 'failed' then 'fixed'
        when runs >= ${medianRunsMin} and duration_ms > median * 1.5 and duration_ms > median + ${slowerByMs} then 'slower'
        end as class from seen
    ), numbered as (
      select *, count(*) over (partition by class) as class_count,
        row_number() over (partition by class order by duration_ms - coalesce(median, 0) desc, test) as nth from classed
      where class is not null
    )
    select c.class, c.class_count::int as "classCount", (select count(*)::int from mine) as compared, t.id, t.suite, t.within,
      t.name, t.file, c.job_name as job, c.status, c.duration_ms as "durationMs", c.before, round(c.median)::int as "targetMs",
      (select count(*)::int from test_runs o where o.test = c.test and o.ref = ${target} and o.status = 'failed'
        and o.ran_at > ${now}::timestamptz - ${flakyDays} * interval '1 day') as "targetFailures",
      ${isFlaky(now)} as flaky,
      exists (select 1 from test_quarantines q where q.test = c.test and q.expires_at > ${now}) as quarantined
    from numbered c join tests t on t.id = c.test where c.nth <= ${listedMax} order by c.class, c.nth`,
  )
  return { target, ...(await sorted(executor, pipeline.id, found)) }
}

async function sorted(executor: Executor, pipeline: string, found: readonly Row[]): Promise<Omit<Comparison, 'target'>> {
  const of = (wanted: Class): { count: number; items: Compared[] } => {
    const members = found.filter((row) => row.class === wanted)
    return { count: members[0]?.classCount ?? 0, items: members.map(shown) }
  }
  return {
    compared: found[0]?.compared ?? (await ran(executor, pipeline)),
    newFailures: of('newFailures'),
    stillFailing: of('stillFailing'),
    fixed: of('fixed'),
    slower: of('slower'),
  }
} // prettier-ignore

async function ran(executor: Executor, pipeline: string): Promise<number> {
  const [counted] = await rows<{ count: number }>(
    executor,
    sql`select count(distinct (test, job_name))::int as count from test_runs where pipeline = ${pipeline} and status <> 'skipped'`,
  )
  return counted?.count ?? 0
}

function shown({ class: _class, classCount: _count, compared: _compared, within, file, before, targetMs, ...row }: Row): Compared {
  return {
    ...row,
    ...(within !== null && { within }),
    ...(file !== null && { file }),
    ...(before !== null && { before }),
    ...(targetMs !== null && { targetMs }),
  }
} // prettier-ignore
