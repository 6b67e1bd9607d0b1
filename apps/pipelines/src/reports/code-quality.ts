import { isSeverity, type Findings } from './finding.ts'
import { readJson, textAt, valueAt } from './json.ts'
import { ReportError } from './report-error.ts'

/**
 * Reads GitLab's code-quality report (a list in the form of Code Climate: `description`, `check_name`, `fingerprint`,
 * `severity`, `location.path`, `location.lines.begin` or `location.positions.begin.line`) as a stream. Throws
 * ReportError; what was read before stays among the findings.
 */
export function readCodeQuality(document: string, findings: Findings): void {
  if (!/^\s*\[/.test(document.slice(0, 1_000))) throw new ReportError('it is no list of findings')
  readJson(document, ['$.*'], ({ value }) => {
    const description = textAt(value, 'description')
    const path = textAt(value, 'location', 'path')
    if (description === undefined || path === undefined)
      throw new ReportError(`finding ${findings.all.length + 1} has no \`description\` or no \`location.path\``)
    const severity = textAt(value, 'severity')?.toLowerCase()
    const line =
      valueAt(value, 'location', 'lines', 'begin') ?? valueAt(value, 'location', 'positions', 'begin', 'line')
    findings.add({
      tool: textAt(value, 'engine_name') ?? 'code quality',
      rule: textAt(value, 'check_name') ?? '',
      severity: isSeverity(severity) ? severity : 'info',
      message: description,
      path,
      line: Number(line),
      fingerprint: textAt(value, 'fingerprint'),
    })
  })
}
