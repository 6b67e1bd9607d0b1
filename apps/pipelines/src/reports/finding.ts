import { createHash } from 'node:crypto'
import { findingSeverities } from '@plinth/contracts'
import { clean, projectPath, ReportError } from './report-error.ts'

/** GitLab's words of its code-quality report, the worst first; everything else is told in them. */
export type Severity = (typeof findingSeverities)[number]

export type Finding = {
  tool: string
  rule: string
  severity: Severity
  message: string
  path: string
  /** 0 where it is of the file as a whole. */
  line: number
  /** The same for the same finding in another commit. */
  fingerprint: string
}

type Found = Omit<Finding, 'fingerprint'> & { fingerprint: string | undefined }

const findingsMax = 10_000

/** Collects findings within the limits of what is kept. Throws ReportError when there are too many. */
export class Findings {
  readonly all: Finding[] = []

  add(found: Found): void {
    if (this.all.length >= findingsMax) throw new ReportError(`it has more than ${findingsMax} findings`)
    const path = projectPath(found.path)
    const message = clean(found.message.trim(), 2_000)
    const given = found.fingerprint === undefined || found.fingerprint === '' ? undefined : found.fingerprint
    // Without a line, which moves with every edit above it.
    const own = JSON.stringify(given ?? [path, message])
    this.all.push({
      tool: clean(found.tool, 100),
      rule: clean(found.rule, 200),
      severity: found.severity,
      message,
      path,
      line: Number.isSafeInteger(found.line) && found.line > 0 ? Math.min(found.line, 2_147_483_647) : 0,
      fingerprint: createHash('sha256').update(JSON.stringify([found.tool, found.rule, own])).digest('hex').slice(0, 40),
    })
  }
} // prettier-ignore

export const isSeverity = (text: string | undefined): text is Severity =>
  findingSeverities.some((each) => each === text)
