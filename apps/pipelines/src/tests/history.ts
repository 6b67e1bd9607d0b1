import { newId } from '@plinth/kernel'
import { rows, type SQL, type Tx, sql } from '@plinth/store'
import type { ReportCase } from '../reports/report-case.ts'
import { jobGroup, testRuns } from './identity.ts'

/** After so long without a new disagreement a test is no longer flaky; so far back a commit is looked at. */
export const flakyDays = 14
/** So many passes in a row clear it before. */
export const passesToClear = 5
/** Of one repository; names that change with every run would fill the table otherwise. */
const testsMax = 100_000

export type Attempt = {
  project: string
  repository: string
  pipeline: string
  ref: string
  revision: string
  defaultBranch: string
  job: string
  jobName: string
  attempt: number
  now: string
}

/** Whether a row of `tests` called `t` is flaky at a time. */
export const isFlaky = (now: string): SQL =>
  sql`(t.flaky_at is not null and t.flaky_at > ${now}::timestamptz - ${flakyDays} * interval '1 day' and t.passes < ${passesToClear})`

/**
 * Adds the tests of an attempt to the history of their repository and gives their ids by key; once for an attempt,
 * whatever comes of it: a failure that is tried again is what shows a flake.
 */
export async function recordRuns(
  tx: Tx,
  attempt: Attempt,
  cases: readonly ReportCase[],
): Promise<ReadonlyMap<string, string>> {
  const runs = testRuns(cases)
  if (runs.length === 0) return new Map()
  const known = await upsertTests(tx, attempt, JSON.stringify(runs.map((run) => ({ ...run, id: newId('tst') }))))
  const records = runs.flatMap(({ key, status, durationMs }) => {
    const test = known.get(key)
    return test === undefined ? [] : [{ test, status, durationMs }]
  })
  const { revision, job, pipeline, ref, now } = attempt
  await tx.execute(sql`insert into test_runs (test, revision, job, attempt, pipeline, job_name, ref, status, duration_ms, ran_at)
    select test, ${revision}, ${job}, ${attempt.attempt}, ${pipeline}, ${jobGroup(attempt.jobName)}, ${ref}, status, "durationMs", ${now}
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as d(test text, status text, "durationMs" integer)
    on conflict do nothing`)
  await keepUp(tx, attempt)
  return known
}

/** In the order of their keys, so that two jobs of one repository wait for each other and never both. */
async function upsertTests(tx: Tx, { project, repository, now }: Attempt, runs: string): Promise<Map<string, string>> {
  const [counted] = await rows<{ count: number }>(
    tx,
    sql`select count(*)::int as count from tests where project = ${project} and repository = ${repository}`,
  )
  const isFull = (counted?.count ?? 0) >= testsMax
  const taken = isFull
    ? sql`exists (select 1 from tests t where t.project = ${project} and t.repository = ${repository} and t.key = d.key)`
    : sql`true`
  const found = await rows<{ id: string; key: string }>(
    tx,
    sql`insert into tests (id, project, repository, key, within, suite, name, file, first_seen_at, last_seen_at)
      select id, ${project}, ${repository}, key, within, suite, name, file, ${now}, ${now}
      from jsonb_to_recordset(${runs}::jsonb) as d(id text, key text, within text, suite text, name text, file text)
      where ${taken} order by key
      on conflict (project, repository, key) do update set last_seen_at = excluded.last_seen_at returning id, key`,
  )
  return new Map(found.map(({ id, key }) => [key, id]))
}

/**
 * Brings what is kept of each test up to its newest run. Two runs disagree where the one before at the same commit, in a
 * job of the same name, went otherwise: a test that fails on one of two platforms is no flake.
 */
const keepUp = (tx: Tx, { pipeline, job, attempt, ref, defaultBranch, jobName, now }: Attempt): Promise<unknown> => {
  const isDefault = ref === `refs/heads/${defaultBranch}`
  const others = sql`array_remove(t.failing_jobs, ${jobGroup(jobName)})`
  const failing = sql`case when ${isDefault} and r.status <> 'skipped'
    then ${others} || case when r.status = 'failed' then array[${jobGroup(jobName)}::text] else '{}'::text[] end
    else t.failing_jobs end`
  return tx.execute(sql`
    update tests t set
      mean_ms = case when r.status <> 'passed' then t.mean_ms when t.mean_ms is null then r.duration_ms
        else t.mean_ms * 0.8 + r.duration_ms * 0.2 end,
      flaky_at = case when r.disagrees then ${now}::timestamptz else t.flaky_at end,
      passes = case r.status when 'skipped' then t.passes when 'failed' then 0
        else case when r.disagrees then 1 else least(t.passes + 1, 1000) end end,
      failing_jobs = ${failing},
      failing_since = case when ${failing} = '{}' then null else coalesce(t.failing_since, ${now}::timestamptz) end
    from (
      select r.test, r.status, r.duration_ms, r.status <> 'skipped' and coalesce(r.status <> (
        select o.status from test_runs o
        where o.test = r.test and o.revision = r.revision and o.job_name = r.job_name and o.status <> 'skipped'
          and (o.job, o.attempt) <> (r.job, r.attempt) and o.ran_at > ${now}::timestamptz - ${flakyDays} * interval '1 day'
        order by o.ran_at desc, o.attempt desc limit 1), false) as disagrees
      from test_runs r where r.pipeline = ${pipeline} and r.job = ${job} and r.attempt = ${attempt}
    ) r where t.id = r.test`)
}
