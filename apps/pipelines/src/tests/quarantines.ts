import type { PlannedJob } from '@plinth/ci'
import type { finishJob, RpcRequest } from '@plinth/contracts'
import { isoTime, rows, type Executor, sql } from '@plinth/store'
import type { JobRow } from '../jobs/job-row.ts'
import { readLog } from '../logs/log-store.ts'
import type { JobReports } from '../reports/read-reports.ts'
import { failedTests, reachedLast } from './quarantine-rule.ts'

export type Quarantine = {
  id: string
  test: string
  owner: string
  reason: string
  createdBy: string
  createdAt: string
  expiresAt: string
}

const logBytesMax = 4 * 1024 ** 2

/**
 * Why the failure of an attempt does not count: all tests that it failed for are in quarantine. Undefined where it does.
 * Asked before the pipeline is locked, since it may read a log.
 */
export async function quarantined(
  db: Executor,
  job: JobRow,
  request: RpcRequest<typeof finishJob>,
  { cases, problems }: JobReports,
  now: string,
): Promise<string | undefined> {
  if (request.outcome !== 'failed' || cases.length === 0) return undefined
  const [planned] = await rows<{ spec: PlannedJob; repository: string }>(
    db,
    sql`select j.spec, p.repository from jobs j join pipelines p on p.id = j.pipeline where j.id = ${job.id}`,
  )
  if (planned === undefined) return undefined
  const { script } = planned.spec
  const failed = failedTests({ outcome: request.outcome, exitCode: request.exitCode, cases, problems, script })
  if (failed === undefined) return undefined
  const held = await rows<{ key: string; owner: string }>(
    db,
    sql`select t.key, q.owner from test_quarantines q join tests t on t.id = q.test
    where q.project = ${job.project} and q.repository = ${planned.repository} and q.expires_at > ${now}
      and t.key = any(${sql.param([...failed])}::text[])`,
  )
  if (held.length < failed.size || !(await isLastCommand(db, job, script))) return undefined
  const owners = [...new Set(held.map(({ owner }) => owner))].slice(0, 5).join(', ')
  return `Only tests in quarantine failed (${failed.size}, of ${owners}): the failure is allowed.`
}

/** A log that is too long to be looked through says nothing. */
async function isLastCommand(db: Executor, job: JobRow, script: readonly string[]): Promise<boolean> {
  const [head] = await rows<{ base: number; attempt: number }>(
    db,
    sql`select base::float8 as base, attempt from job_logs where job = ${job.id}`,
  )
  if (head === undefined || head.attempt !== job.attempt) return false
  const pieces: Buffer[] = []
  let bytes = 0
  for (;;) {
    const piece = await readLog(db, job.id, head.base + bytes)
    if (piece.length === 0) return reachedLast(Buffer.concat(pieces).toString('utf8'), script)
    pieces.push(piece)
    bytes += piece.length
    if (bytes > logBytesMax) return false
  }
}

const columns = sql`q.id, q.test, q.owner, q.reason, q.created_by as "createdBy", ${isoTime(sql`q.created_at`)} as "createdAt",
  ${isoTime(sql`q.expires_at`)} as "expiresAt"`

/** The quarantines of tests that hold at a time, by test. */
export async function quarantinesOf(
  executor: Executor,
  tests: readonly string[],
  now: string,
): Promise<Map<string, Quarantine>> {
  if (tests.length === 0) return new Map()
  const found = await rows<Quarantine>(
    executor,
    sql`select ${columns} from test_quarantines q where q.test = any(${sql.param([...new Set(tests)])}::text[]) and q.expires_at > ${now}`,
  )
  return new Map(found.map((each) => [each.test, each]))
}
