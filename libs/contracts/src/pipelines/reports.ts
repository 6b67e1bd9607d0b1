import { Type } from 'typebox'

/** The worst first; what scanners call otherwise is told in these words. */
export const findingSeverities = ['blocker', 'critical', 'major', 'minor', 'info'] as const

export const CoverageSummary = Type.Object({
  percent: Type.Number({ description: 'Covered lines, with two decimals, rounded down' }),
  linesCovered: Type.Integer(),
  linesTotal: Type.Integer(),
  branchesCovered: Type.Integer(),
  branchesTotal: Type.Integer(),
})

/** How many findings of each severity. */
export const FindingCounts = Type.Object({
  blocker: Type.Integer(),
  critical: Type.Integer(),
  major: Type.Integer(),
  minor: Type.Integer(),
  info: Type.Integer(),
})

/** What the reports of a job say, or those of all jobs of a pipeline together. */
export const ReportSummary = Type.Object({
  coverage: Type.Optional(CoverageSummary),
  findings: Type.Optional(FindingCounts),
  problems: Type.Array(Type.String(), { description: 'Which reports could not be read wholly, and why' }),
})
