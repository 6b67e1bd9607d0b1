import type { RpcRequest, finishJob } from '@plinth/contracts'
import { readCobertura } from './cobertura.ts'
import { readCodeQuality } from './code-quality.ts'
import { CoverageTally, type FileCoverage } from './coverage-tally.ts'
import { Findings, type Finding } from './finding.ts'
import { readJacoco } from './jacoco.ts'
import { readJunit } from './junit.ts'
import { readLcov } from './lcov.ts'
import type { ReportCase } from './report-case.ts'
import { clean, ReportError } from './report-error.ts'
import { readSarif } from './sarif.ts'
import { isTap, readTap } from './tap.ts'

type Given = Pick<RpcRequest<typeof finishJob>, 'junit' | 'reports'>

export type JobReports = {
  cases: ReportCase[]
  /** Undefined where no coverage report was given; by file otherwise. */
  coverage: FileCoverage[] | undefined
  /** Undefined where no report of findings was given. */
  findings: Finding[] | undefined
  /** Which of them could not be read, and why. */
  problems: string[]
}

const casesMax = 10_000

/** All reports of an attempt. Never throws for what a job wrote: what can't be read is told in `problems` or as a case. */
export function readReports({ junit, reports = [] }: Given): JobReports {
  const cases = junit
    .map(withoutMark)
    .flatMap((document, index) =>
      isTap(document) ? readTap(document, `TAP report ${index + 1}`) : readJunit(document, `JUnit report ${index + 1}`),
    )
  const tally = new CoverageTally()
  const findings = new Findings()
  const readers = {
    cobertura: (text: string) => readCobertura(text, tally),
    jacoco: (text: string) => readJacoco(text, tally),
    lcov: (text: string) => readLcov(text, tally),
    codequality: (text: string) => readCodeQuality(text, findings),
    sarif: (text: string) => readSarif(text, findings),
  }
  const problems: string[] = []
  for (const { kind, name, text } of reports) {
    try {
      readers[kind](withoutMark(text))
    } catch (error) {
      if (!(error instanceof ReportError)) throw error
      problems.push(`${clean(name, 200)} could not be read wholly as ${kind}: ${error.message}`)
    }
  }
  const has = (...kinds: string[]): boolean => reports.some(({ kind }) => kinds.includes(kind))
  return {
    cases: firstCases(cases),
    coverage: has('cobertura', 'jacoco', 'lcov') ? tally.files() : undefined,
    findings: has('codequality', 'sarif') ? findings.all : undefined,
    problems,
  }
}

/** Without the byte-order mark that some tools of Windows begin with. */
const withoutMark = (text: string): string => text.replace(/^\ufeff/, '')

/** Where there are too many, those that say that a report could not be read stay. */
function firstCases(cases: ReportCase[]): ReportCase[] {
  if (cases.length <= casesMax) return cases
  const unread = cases.filter((each) => each.unread)
  return [...cases.filter((each) => !each.unread).slice(0, casesMax - unread.length), ...unread]
}
