import { createHash } from 'node:crypto'
import type { ReportCase } from '../reports/report-case.ts'

export type TestStatus = 'passed' | 'failed' | 'skipped'
/** One test of an attempt, whatever number of cases of the same name it has. */
export type TestRun = Pick<ReportCase, 'suite' | 'within' | 'name' | 'file'> & {
  key: string
  status: TestStatus
  durationMs: number
}

/** By what a test is known again within its repository: suite, class, name and file. */
export const testKey = ({ suite, within = '', name, file = '' }: ReportCase): string =>
  createHash('sha256')
    .update(JSON.stringify([within, suite, name, file]))
    .digest('hex')
    .slice(0, 40)

/**
 * The tests of an attempt. Cases of one name, as parametrised tests without names of their own give them, are one test:
 * it failed if one of them did, and took what they took together. What stands for an unread report is none.
 */
export function testRuns(cases: readonly ReportCase[]): TestRun[] {
  const runs = new Map<string, TestRun>()
  for (const entry of cases) {
    if (entry.unread) continue
    const key = testKey(entry)
    const status = entry.status === 'error' ? 'failed' : entry.status
    const before = runs.get(key)
    if (before === undefined) {
      const { suite, within, name, file, durationMs } = entry
      const names = { suite, name, ...(within !== undefined && { within }), ...(file !== undefined && { file }) }
      runs.set(key, { key, ...names, status, durationMs })
    } else {
      before.durationMs = Math.min(before.durationMs + entry.durationMs, 2_147_483_647)
      before.status = worse(before.status, status)
    }
  }
  return [...runs.values()]
}

const rank: Readonly<Record<TestStatus, number>> = { skipped: 0, passed: 1, failed: 2 }
const worse = (a: TestStatus, b: TestStatus): TestStatus => (rank[a] >= rank[b] ? a : b)

/** The job that runs are compared within: shards of `parallel: n` are one, permutations of a matrix are not. */
export const jobGroup = (job: string): string => job.replace(/ \d{1,3}\/\d{1,3}$/, '')
