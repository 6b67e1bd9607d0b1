import type { SaxesTagPlain } from 'saxes'
import type { CoverageTally } from './coverage-tally.ts'
import { ReportError } from './report-error.ts'
import { readXml } from './xml.ts'

const elementsMax = 500_000

/**
 * Reads a JaCoCo report (report.dtd 1.1; of one module or of several in `group`) into the tally: a line is covered when
 * one instruction of it was. Throws ReportError; what was read before stays in the tally.
 */
export function readJacoco(document: string, tally: CoverageTally): void {
  const reader = new JacocoReader(tally)
  readXml(document, reader, { elementsMax, documentType: 'named' })
  if (!reader.isReport) throw new ReportError('it has no `report`')
}

class JacocoReader {
  isReport = false
  private readonly tally: CoverageTally
  private packageName = ''
  private file = ''

  constructor(tally: CoverageTally) {
    this.tally = tally
  }

  open({ name, attributes }: SaxesTagPlain, parents: readonly string[]): void {
    if (name === 'report' && parents.length === 0) this.isReport = true
    if (name === 'package') this.packageName = attributes['name'] ?? ''
    if (name === 'sourcefile') {
      const own = attributes['name'] ?? ''
      this.file = this.packageName === '' ? own : `${this.packageName}/${own}`
    }
    if (this.file === '') return
    const number = (key: string): number => Number(attributes[key] ?? '0')
    if (name === 'line') {
      this.tally.line(this.file, number('nr'), number('ci') > 0)
      this.tally.branch(this.file, number('nr'), number('cb'), number('cb') + number('mb'))
    } else if (name === 'counter') this.counter(attributes['type'], number('covered'), number('missed'))
  }

  close(name: string): void {
    if (name === 'sourcefile') this.file = ''
    if (name === 'package') this.packageName = ''
  }

  /** Of classes without debug information there are counters and no lines. */
  private counter(type: string | undefined, covered: number, missed: number): void {
    const none = { linesCovered: 0, linesTotal: 0, branchesCovered: 0, branchesTotal: 0 }
    if (type === 'LINE') this.tally.told(this.file, { ...none, linesCovered: covered, linesTotal: covered + missed })
    if (type === 'BRANCH')
      this.tally.told(this.file, { ...none, branchesCovered: covered, branchesTotal: covered + missed })
  }
}
