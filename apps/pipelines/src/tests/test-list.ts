import { decodeCursor, isoTime, pageOf, rows, type Executor, type PageOf, type SQL, sql } from '@plinth/store'
import type { RepositoryTest } from '@plinth/contracts'
import type { Static } from 'typebox'
import { flakyDays, isFlaky } from './history.ts'
import type { TestStatus } from './identity.ts'
import { quarantinesOf } from './quarantines.ts'

export type Shown = 'failing' | 'slow' | 'flaky' | 'quarantined' | 'all'
export type Place = { project: string; repository: string }
type Asked = { show?: Shown; limit?: number; cursor?: string }
type Answer = Static<typeof RepositoryTest>
type Nullable = 'within' | 'file' | 'meanMs' | 'failingSince' | 'disagreedAt'
type Row = Omit<Answer, Nullable | 'quarantine'> & { sort: number } & { [Key in Nullable]: Answer[Key] | null }

const historyMax = 50

const time = (column: string): SQL => isoTime(sql.raw(column))
const seconds = (column: string): SQL => sql`coalesce(extract(epoch from ${sql.raw(column)}), 0)::float8`

/** Which tests a listing has, and what it is sorted by: the largest first. */
const listings = (now: string): Record<Shown, { where: SQL; sort: SQL }> => ({
  failing: { where: sql`t.failing_since is not null`, sort: seconds('t.failing_since') },
  slow: { where: sql`t.mean_ms is not null`, sort: sql`t.mean_ms` },
  flaky: { where: isFlaky(now), sort: seconds('t.flaky_at') },
  quarantined: {
    where: sql`exists (select 1 from test_quarantines q where q.test = t.id and q.expires_at > ${now})`,
    sort: seconds('t.last_seen_at'),
  },
  all: { where: sql`true`, sort: seconds('t.last_seen_at') },
})

export async function listTests(
  executor: Executor,
  { project, repository }: Place,
  { show = 'all', limit = 50, cursor }: Asked,
  now: string,
): Promise<PageOf<Answer>> {
  const { where, sort } = listings(now)[show]
  const [before, id] = cursor === undefined ? [] : decodeCursor(cursor, ['number', 'string'])
  const after = before === undefined || id === undefined ? sql`true` : sql`(${sort}, t.id) < (${before}::float8, ${id})`
  const found = await testsWhere(
    executor,
    sql`t.project = ${project} and t.repository = ${repository} and ${where} and ${after}
      order by ${sort} desc, t.id desc limit ${limit + 1}`,
    sort,
    now,
  )
  const page = pageOf(found, limit, (last) => [last.sort, last.id])
  return { ...page, items: await answers(executor, page.items, now) }
}

/** A test of a repository with its last runs; undefined where there is no such test. */
export async function testWithHistory(executor: Executor, { project, repository }: Place, id: string, now: string) {
  const place = sql`t.id = ${id} and t.project = ${project} and t.repository = ${repository}`
  const [found] = await answers(executor, await testsWhere(executor, place, sql`0::float8`, now), now)
  if (found === undefined) return undefined
  const history = await rows<{
    pipeline: string
    job: string
    jobName: string
    attempt: number
    ref: string
    revision: string
    status: TestStatus
    durationMs: number
    ranAt: string
  }>(
    executor,
    sql`select r.pipeline, r.job, r.job_name as "jobName", r.attempt, r.ref, r.revision, r.status, r.duration_ms as "durationMs",
      ${time('r.ran_at')} as "ranAt" from test_runs r where r.test = ${id} order by r.ran_at desc, r.attempt desc limit ${historyMax}`,
  )
  return { ...found, history }
}

const testsWhere = (executor: Executor, where: SQL, sort: SQL, now: string): Promise<Row[]> =>
  rows<Row>(
    executor,
    sql`select t.id, t.suite, t.within, t.name, t.file, ${time('t.first_seen_at')} as "firstSeenAt",
      ${time('t.last_seen_at')} as "lastSeenAt", round(t.mean_ms)::int as "meanMs", ${time('t.failing_since')} as "failingSince",
      t.failing_jobs as "failingJobs", ${isFlaky(now)} as flaky, ${time('t.flaky_at')} as "disagreedAt",
      c.runs, c.failures, t.sort
    from (select t.*, ${sort} as sort from tests t where ${where}) t cross join lateral (
      select count(*)::int as runs, (count(*) filter (where status = 'failed'))::int as failures from test_runs r
      where r.test = t.id and r.status <> 'skipped' and r.ran_at > ${now}::timestamptz - ${flakyDays} * interval '1 day') c
    order by t.sort desc, t.id desc`,
  )

async function answers(executor: Executor, found: readonly Row[], now: string): Promise<Answer[]> {
  const held = await quarantinesOf(
    executor,
    found.map(({ id }) => id),
    now,
  )
  return found.map(({ sort: _sort, within, file, meanMs, failingSince, disagreedAt, ...test }) => {
    const { test: _test, ...quarantine } = held.get(test.id) ?? { test: undefined, id: undefined }
    return {
      ...test,
      ...(within !== null && { within }),
      ...(file !== null && { file }),
      ...(meanMs !== null && { meanMs }),
      ...(failingSince !== null && { failingSince }),
      ...(disagreedAt !== null && { disagreedAt }),
      ...(quarantine.id !== undefined && { quarantine }),
    }
  })
}
