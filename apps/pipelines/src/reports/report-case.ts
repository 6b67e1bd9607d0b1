import { ReportError } from './report-error.ts'

type CaseStatus = 'passed' | 'failed' | 'skipped' | 'error'

export type ReportCase = {
  /** The class, or the suite where there is no class. */
  suite: string
  /** The suite around it, where `suite` is a class of another name. */
  within?: string
  name: string
  file?: string
  status: CaseStatus
  durationMs: number
  message?: string
  /** It stands for a report that could not be read and is no test. */
  unread?: true
}

export const caseLimits = { cases: 10_000, nameChars: 500, messageChars: 8_000 }

/** A whole number of milliseconds that the database can hold; nonsense counts as nothing. */
export const wholeMs = (ms: number): number =>
  Number.isFinite(ms) && ms > 0 ? Math.min(Math.round(ms), 2_147_483_647) : 0

/** What a report has instead of cases where it can't be read, after those that were. Throws what is no ReportError. */
export function unreadCase(label: string, error: unknown): ReportCase {
  if (!(error instanceof ReportError)) throw error
  return {
    suite: 'report',
    name: label,
    status: 'error',
    durationMs: 0,
    message: `The report could not be read: ${error.message}.`,
    unread: true,
  }
}
