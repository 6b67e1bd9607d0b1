import { type Findings, type Severity } from './finding.ts'
import { readJson, textAt, valueAt } from './json.ts'
import { clean, ReportError } from './report-error.ts'

const rulesMax = 20_000
const resultsMax = 10_000
const runsMax = 100

const byLevel: Readonly<Record<string, Severity>> = { error: 'critical', warning: 'major', note: 'minor', none: 'info' }

/**
 * Reads a SARIF 2.1.0 log as a stream. A finding's severity is its rule's `security-severity` (a CVSS score: from 9
 * blocker, 7 critical, 4 major, above 0 minor), else its own level, else its rule's (error critical, warning major,
 * note minor). Suppressed results, and those of a kind that is no failure, are none. Throws ReportError; findings of
 * runs before stay.
 */
export function readSarif(document: string, findings: Findings): void {
  const runs = new Map<number, SarifRun>()
  let version: unknown
  let results = 0
  const run = (index: number): SarifRun => {
    const known = runs.get(index)
    if (known !== undefined) return known
    if (runs.size >= runsMax) throw new ReportError(`it has more than ${runsMax} runs`)
    const made: SarifRun = { tool: 'SARIF', rules: new Map(), ids: [], results: [] }
    runs.set(index, made)
    return made
  }
  const paths = ['$.version', '$.runs.*.tool.driver.name', '$.runs.*.tool.driver.rules.*', '$.runs.*.results.*']
  readJson(document, paths, ({ value, keys }) => {
    if (keys[0] === 'version') version = value
    const [, index, member] = keys
    if (typeof index !== 'number') return
    if (member === 'results') {
      if (++results > resultsMax) throw new ReportError(`it has more than ${resultsMax} results`)
      const result = resultOf(value)
      if (result !== undefined) run(index).results.push(result)
    } else if (keys.length === 5) run(index).tool = clean(String(value), 100)
    else addRule(run(index), value)
  })
  if (version !== '2.1.0') throw new ReportError('it is no SARIF of version 2.1.0')
  for (const each of runs.values()) tell(each, findings)
}

type Rule = { level: string | undefined; score: number }
type Result = {
  rule: string | undefined
  ruleIndex: number | undefined
  level: string | undefined
  message: string
  path: string
  line: number
  fingerprint: string | undefined
}
/** The tool of a run may be told after its results, so these wait until the end. */
type SarifRun = { tool: string; rules: Map<string, Rule>; ids: string[]; results: Result[] }

function addRule(run: SarifRun, value: unknown): void {
  if (run.ids.length >= rulesMax) throw new ReportError(`it has more than ${rulesMax} rules`)
  const id = textAt(value, 'id') ?? ''
  run.ids.push(id)
  run.rules.set(id, {
    level: textAt(value, 'defaultConfiguration', 'level'),
    score: Number(valueAt(value, 'properties', 'security-severity') ?? Number.NaN),
  })
}

function resultOf(value: unknown): Result | undefined {
  const kind = textAt(value, 'kind') ?? 'fail'
  const suppressions = valueAt(value, 'suppressions')
  const isSuppressed =
    Array.isArray(suppressions) && suppressions.some((each) => (textAt(each, 'status') ?? 'accepted') === 'accepted')
  if (kind !== 'fail' || isSuppressed) return undefined
  const place = valueAt(value, 'locations', 0, 'physicalLocation')
  const ruleIndex = valueAt(value, 'ruleIndex') ?? valueAt(value, 'rule', 'index')
  return {
    rule: textAt(value, 'ruleId') ?? textAt(value, 'rule', 'id'),
    ruleIndex: typeof ruleIndex === 'number' ? ruleIndex : undefined,
    level: textAt(value, 'level'),
    message: (textAt(value, 'message', 'text') ?? textAt(value, 'message', 'id') ?? '').slice(0, 4_000),
    path: textAt(place, 'artifactLocation', 'uri') ?? '',
    line: Number(valueAt(place, 'region', 'startLine') ?? 0),
    fingerprint: fingerprintOf(value),
  }
}

/** `fingerprints` are of the tool, `partialFingerprints` a help to make one; both by name, any of them. */
function fingerprintOf(value: unknown): string | undefined {
  const given = valueAt(value, 'fingerprints') ?? valueAt(value, 'partialFingerprints')
  if (typeof given !== 'object' || given === null) return undefined
  const text = JSON.stringify(Object.entries(given).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return text === '[]' ? undefined : text
}

function tell({ tool, rules, ids, results }: SarifRun, findings: Findings): void {
  for (const { rule: named, ruleIndex, level, ...result } of results) {
    const id = named ?? (ruleIndex === undefined ? undefined : ids[ruleIndex]) ?? ''
    // A rule may be a part of another: `CA1000/1` is of `CA1000` (section 3.52.4).
    const rule = rules.get(id) ?? rules.get(id.slice(0, id.lastIndexOf('/')))
    findings.add({ ...result, tool, rule: id, severity: severityOf(level, rule) })
  }
}

function severityOf(level: string | undefined, rule: Rule | undefined): Severity {
  const score = rule?.score ?? Number.NaN
  if (score > 0) return score >= 9 ? 'blocker' : score >= 7 ? 'critical' : score >= 4 ? 'major' : 'minor'
  return byLevel[level ?? rule?.level ?? 'warning'] ?? 'major'
}
