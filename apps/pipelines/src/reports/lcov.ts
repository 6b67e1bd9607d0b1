import { noCoverage, type CoverageTally } from './coverage-tally.ts'
import { linesOf } from './lines.ts'
import { ReportError } from './report-error.ts'

/**
 * Reads an LCOV tracefile (geninfo(1): SF, DA, BRDA, LF, LH, BRF, BRH, end_of_record) into the tally. A record that is
 * not ended is a file that broke off. Throws ReportError; what was read before stays in the tally.
 */
export function readLcov(document: string, tally: CoverageTally): void {
  let record: LcovRecord | undefined
  let records = 0
  for (const line of linesOf(document)) {
    const at = line.indexOf(':')
    const key = at === -1 ? line.trim() : line.slice(0, at)
    const value = at === -1 ? '' : line.slice(at + 1).trim()
    if (key === 'SF') record = new LcovRecord(value, tally)
    else if (key === 'end_of_record') {
      if (record === undefined) throw new ReportError('a record ends that did not begin')
      record.end()
      record = undefined
      records++
    } else record?.take(key, value)
  }
  if (record !== undefined) throw new ReportError('its last record is not ended')
  if (records === 0) throw new ReportError('it has no record of a file')
}

class LcovRecord {
  private readonly path: string
  private readonly tally: CoverageTally
  private readonly told = noCoverage()
  private readonly branches = new Map<number, { covered: number; total: number }>()

  constructor(path: string, tally: CoverageTally) {
    this.path = path
    this.tally = tally
  }

  take(key: string, value: string): void {
    const [first = '', second = '', , fourth = ''] = value.split(',', 4)
    if (key === 'DA') this.tally.line(this.path, Number(first), Number(second) > 0)
    else if (key === 'BRDA') this.branch(Number(first), Number(fourth) > 0)
    else if (key === 'LF') this.told.linesTotal = Number(value)
    else if (key === 'LH') this.told.linesCovered = Number(value)
    else if (key === 'BRF') this.told.branchesTotal = Number(value)
    else if (key === 'BRH') this.told.branchesCovered = Number(value)
  }

  end(): void {
    this.tally.told(this.path, this.told)
    for (const [line, { covered, total }] of this.branches) this.tally.branch(this.path, line, covered, total)
  }

  private branch(line: number, isTaken: boolean): void {
    const { covered, total } = this.branches.get(line) ?? { covered: 0, total: 0 }
    this.branches.set(line, { covered: covered + (isTaken ? 1 : 0), total: total + 1 })
  }
}
