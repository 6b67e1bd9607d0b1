import type { SaxesTagPlain } from 'saxes'
import type { CoverageTally } from './coverage-tally.ts'
import { ReportError } from './report-error.ts'
import { readXml } from './xml.ts'

const elementsMax = 500_000

/**
 * Reads a Cobertura report (coverage-04.dtd, and what coverage.py, gocover-cobertura, Istanbul and coverlet write) into
 * the tally. Throws ReportError; what was read before stays in the tally.
 */
export function readCobertura(document: string, tally: CoverageTally): void {
  const reader = new CoberturaReader(tally)
  readXml(document, reader, { elementsMax, documentType: 'named' })
  if (!reader.isReport) throw new ReportError('it has no `coverage` with packages')
}

class CoberturaReader {
  isReport = false
  private readonly tally: CoverageTally
  private file = ''

  constructor(tally: CoverageTally) {
    this.tally = tally
  }

  open({ name, attributes }: SaxesTagPlain, parents: readonly string[]): void {
    if (name === 'packages' && parents[0] === 'coverage') this.isReport = true
    if (name === 'class') this.file = attributes['filename'] ?? attributes['name'] ?? ''
    if (name !== 'line' || this.file === '') return
    const line = Number(attributes['number'])
    this.tally.line(this.file, line, Number(attributes['hits']) > 0)
    const [, covered, total] = /\((\d{1,9})\/(\d{1,9})\)/.exec(attributes['condition-coverage'] ?? '') ?? []
    if (attributes['branch']?.toLowerCase() === 'true' && total !== undefined)
      this.tally.branch(this.file, line, Number(covered), Number(total))
  }

  close(name: string): void {
    if (name === 'class') this.file = ''
  }
}
