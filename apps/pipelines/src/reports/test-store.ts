import type { TestCase } from '@plinth/contracts'
import { rows, type Executor, type Tx, sql } from '@plinth/store'
import type { Static } from 'typebox'
import type { TestTotals } from '../jobs/job-row.ts'
import { testKey } from '../tests/identity.ts'
import type { ReportCase } from './report-case.ts'

/** What the messages of one answer may have together: after it, cases are told without theirs. */
const messagesCharsMax = 8_000_000

export function totalsOf(cases: readonly ReportCase[]): TestTotals | null {
  if (cases.length === 0) return null
  const count = (...statuses: string[]): number => cases.filter(({ status }) => statuses.includes(status)).length
  return {
    passed: count('passed'),
    failed: count('failed', 'error'),
    skipped: count('skipped'),
    // As long as the database can add up, whatever a report says.
    durationMs: Math.min(
      cases.reduce((sum, { durationMs }) => sum + durationMs, 0),
      2_147_483_647,
    ),
  }
}

/** Replaces what an earlier attempt of the job left. `tests`: the tests of the repository by their keys. */
export async function writeCases(
  tx: Tx,
  job: string,
  cases: readonly ReportCase[],
  tests: ReadonlyMap<string, string>,
): Promise<void> {
  await tx.execute(sql`delete from test_cases where job = ${job}`)
  if (cases.length === 0) return
  const records = cases.map((entry, position) => ({
    ...entry,
    position,
    test: entry.unread ? null : tests.get(testKey(entry)),
  }))
  await tx.execute(sql`insert into test_cases (job, position, test, suite, within, name, file, status, duration_ms, message)
    select ${job}, position, test, suite, within, name, file, status, "durationMs", message
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb)
      as d(position integer, test text, suite text, within text, name text, file text, status text, "durationMs" integer, message text)`)
}

type Nullable = 'message' | 'within' | 'file' | 'test'
type StoredCase = Omit<Static<typeof TestCase>, Nullable> & { [Key in Nullable]: string | null }

/** The cases of a pipeline, failures first, in the order of jobs and reports. */
export const casesOf = (executor: Executor, pipeline: string): Promise<StoredCase[]> =>
  rows<StoredCase>(
    executor,
    sql`
    select t.test, t.suite, t.within, t.name, t.file, t.status, t.duration_ms as "durationMs", j.name as job,
      case when sum(length(t.message)) over listed <= ${messagesCharsMax} then t.message end as message
    from test_cases t join jobs j on j.id = t.job where j.pipeline = ${pipeline}
    window listed as (order by t.status not in ('failed', 'error'), j.position, t.position)
    order by t.status not in ('failed', 'error'), j.position, t.position limit 20000`,
  )
