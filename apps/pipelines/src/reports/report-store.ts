import { findingSeverities, type CoverageSummary, type ReportSummary } from '@plinth/contracts'
import { rows, type Executor, type SQL, type Tx, sql } from '@plinth/store'
import type { Static } from 'typebox'
import { percentOf, totalCoverage, type CoverageCounts, type FileCoverage } from './coverage-tally.ts'
import type { Finding, Severity } from './finding.ts'
import type { JobReports } from './read-reports.ts'

type Summary = Static<typeof ReportSummary>
type Counts = Record<Severity, number>

const listedMax = 2_000

const summaryOf = (counts: CoverageCounts): Static<typeof CoverageSummary> => ({
  percent: percentOf(counts),
  ...counts,
})

function countsOf(found: readonly { severity: Severity }[]): Counts {
  const counts: Counts = { blocker: 0, critical: 0, major: 0, minor: 0, info: 0 }
  for (const { severity } of found) counts[severity]++
  return counts
}

/** Replaces what an earlier attempt of the job left. */
export async function writeReports(
  tx: Tx,
  { id, pipeline, attempt }: { id: string; pipeline: string; attempt: number },
  { coverage, findings, problems }: JobReports,
): Promise<void> {
  await tx.execute(sql`delete from job_reports where job = ${id}`)
  if (coverage === undefined && findings === undefined && problems.length === 0) return
  const total = coverage === undefined ? null : JSON.stringify(totalCoverage(coverage))
  const counts = findings === undefined ? null : JSON.stringify(countsOf(findings))
  await tx.execute(sql`insert into job_reports (job, pipeline, attempt, coverage, findings, problems)
    values (${id}, ${pipeline}, ${attempt}, ${total}::jsonb, ${counts}::jsonb, ${JSON.stringify(problems)}::jsonb)`)
  if (coverage !== undefined && coverage.length > 0)
    await tx.execute(sql`insert into coverage_files (job, path, lines_covered, lines_total, branches_covered, branches_total)
      select ${id}, path, "linesCovered", "linesTotal", "branchesCovered", "branchesTotal"
      from jsonb_to_recordset(${JSON.stringify(coverage)}::jsonb) as d(path text, "linesCovered" integer, "linesTotal" integer,
        "branchesCovered" integer, "branchesTotal" integer)`)
  if (findings !== undefined && findings.length > 0) {
    const records = findings.map((finding, position) => ({ ...finding, position }))
    await tx.execute(sql`insert into findings (job, position, tool, rule, severity, path, line, message, fingerprint)
      select ${id}, position, tool, rule, severity, path, line, message, fingerprint
      from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as d(position integer, tool text, rule text, severity text,
        path text, line integer, message text, fingerprint text)`)
  }
}

type Stored = { job: string; coverage: CoverageCounts | null; findings: Counts | null; problems: string[] }

/** What the reports of the current attempts of a pipeline's jobs say, by job and of all of them together. */
export async function reportsOf(
  executor: Executor,
  pipeline: string,
): Promise<{ byJob: Map<string, Summary>; all: Summary | undefined }> {
  const stored = await rows<Stored>(
    executor,
    sql`select r.job, r.coverage, r.findings, r.problems from job_reports r
    join jobs j on j.id = r.job and j.attempt = r.attempt where r.pipeline = ${pipeline} order by j.position`,
  )
  const byJob = new Map(stored.map((each) => [each.job, shown(each)]))
  if (stored.length < 2) return { byJob, all: stored[0] && shown(stored[0]) }
  const covered = stored.filter((each) => each.coverage !== null).length
  const found = stored.filter((each) => each.findings !== null).length
  const coverage = covered === 0 ? null : totalCoverage(await coverageOf(executor, pipeline))
  const findings = found === 0 ? null : await countedOf(executor, pipeline)
  const problems = stored.flatMap((each) => each.problems)
  return { byJob, all: shown({ coverage, findings, problems }) }
}

const shown = ({ coverage, findings, problems }: Omit<Stored, 'job'>): Summary => ({
  ...(coverage !== null && { coverage: summaryOf(coverage) }),
  ...(findings !== null && { findings }),
  problems,
})

/**
 * The coverage of a pipeline by file. Of a file that several jobs report the best of them counts: it is what is covered
 * at least, since which lines they were is not kept.
 */
export const coverageOf = (executor: Executor, pipeline: string): Promise<FileCoverage[]> =>
  rows<FileCoverage>(
    executor,
    sql`select c.path, max(c.lines_covered) as "linesCovered", max(c.lines_total) as "linesTotal",
      max(c.branches_covered) as "branchesCovered", max(c.branches_total) as "branchesTotal"
    from coverage_files c join job_reports r on r.job = c.job join jobs j on j.id = r.job and j.attempt = r.attempt
    where r.pipeline = ${pipeline} group by c.path
    order by max(c.lines_total) - max(c.lines_covered) desc, c.path`,
  )

/** The findings of a pipeline, the worst first; one that several jobs report is one. */
export const findingsOf = (executor: Executor, pipeline: string): Promise<Finding[]> =>
  rows<Finding>(
    executor,
    sql`select tool, rule, severity, path, line, message, fingerprint from ${distinct(pipeline)} found
    order by array_position(${sql.param([...findingSeverities])}::text[], severity), path, line, fingerprint limit ${listedMax}`,
  )

async function countedOf(executor: Executor, pipeline: string): Promise<Counts> {
  const counted = await rows<{ severity: Severity; count: number }>(
    executor,
    sql`select severity, count(*)::int as count from ${distinct(pipeline)} found group by severity`,
  )
  return { ...countsOf([]), ...Object.fromEntries(counted.map(({ severity, count }) => [severity, count])) }
}

const distinct = (pipeline: string): SQL => sql`(
  select distinct on (f.fingerprint, f.path, f.line) f.* from findings f join job_reports r on r.job = f.job
  join jobs j on j.id = r.job and j.attempt = r.attempt where r.pipeline = ${pipeline}
  order by f.fingerprint, f.path, f.line)`
