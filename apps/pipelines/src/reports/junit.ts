import { SaxesParser, type SaxesTagPlain } from 'saxes'

type CaseStatus = 'passed' | 'failed' | 'skipped' | 'error'
export type ReportCase = { suite: string; name: string; status: CaseStatus; durationMs: number; message?: string }

const limits = { cases: 10_000, depth: 32, elements: 300_000, nameChars: 500, messageChars: 8_000, attributes: 50 }

class ReportError extends Error {
  override readonly name = 'ReportError'
}

/**
 * Reads a JUnit report as a stream. Hostile documents are refused: a document type (with its entities) is, and so is
 * what is too deep or too large; external things are never fetched. A report that can't be read is one case of status
 * `error` that says why, after the cases that were read.
 */
export function readJunit(document: string, label: string): ReportCase[] {
  const cases: ReportCase[] = []
  const parser = new SaxesParser({ xmlns: false, position: true })
  const reader = new JunitReader(cases)
  parser.on('error', (error) => {
    throw error
  })
  parser.on('doctype', () => {
    throw new ReportError('it has a document type, which is not taken')
  })
  parser.on('opentag', (tag) => reader.open(tag))
  parser.on('closetag', (tag) => reader.close(tag.name))
  parser.on('text', (text) => reader.text(text))
  parser.on('cdata', (text) => reader.text(text))
  try {
    // In pieces, so that a limit ends the work early.
    for (let index = 0; index < document.length; index += 65_536) parser.write(document.slice(index, index + 65_536))
    parser.close()
    if (!reader.isReport) throw new ReportError('it has no `testsuite`')
  } catch (error) {
    const why =
      error instanceof ReportError
        ? error.message
        : `it is not well-formed (line ${parser.line}, column ${parser.column})`
    cases.push({
      suite: 'report',
      name: label,
      status: 'error',
      durationMs: 0,
      message: `The report could not be read: ${why}.`,
    })
  }
  return cases
}

class JunitReader {
  isReport = false
  private readonly cases: ReportCase[]
  private readonly suites: string[] = []
  private depth = 0
  private elements = 0
  private current: ReportCase | undefined
  private message: string | undefined

  constructor(cases: ReportCase[]) {
    this.cases = cases
  }

  open({ name, attributes }: SaxesTagPlain): void {
    if (++this.depth > limits.depth) throw new ReportError(`it is nested deeper than ${limits.depth} elements`)
    if (++this.elements > limits.elements) throw new ReportError(`it has more than ${limits.elements} elements`)
    if (Object.keys(attributes).length > limits.attributes)
      throw new ReportError(`an element has more than ${limits.attributes} attributes`)
    if (name === 'testsuites' || name === 'testsuite') {
      this.isReport = true
      this.suites.push(attributes['name'] ?? '')
    } else if (name === 'testcase') this.begin(attributes)
    else if (this.current !== undefined) this.outcome(name, attributes)
  }

  text(text: string): void {
    if (this.message === undefined || this.message.length >= limits.messageChars) return
    this.message += text.slice(0, limits.messageChars - this.message.length)
  }

  close(name: string): void {
    this.depth--
    if (name === 'testsuites' || name === 'testsuite') this.suites.pop()
    else if (name === 'testcase') this.current = undefined
    else if (this.current !== undefined && this.message !== undefined && isOutcome(name)) {
      const text = clean(this.message.trim(), limits.messageChars)
      if (text !== '') this.current.message = text
      this.message = undefined
    }
  }

  private begin(attributes: Record<string, string>): void {
    if (this.cases.length >= limits.cases) throw new ReportError(`it has more than ${limits.cases} cases`)
    const suite = attributes['classname'] || this.suites.findLast((name) => name !== '') || ''
    this.current = {
      suite: clean(suite, limits.nameChars),
      name: clean(attributes['name'] ?? '', limits.nameChars),
      status: 'passed',
      durationMs: milliseconds(attributes['time']),
    }
    this.cases.push(this.current)
  }

  private outcome(name: string, attributes: Record<string, string>): void {
    if (this.current === undefined || !isOutcome(name)) return
    this.current.status = name === 'failure' ? 'failed' : name === 'error' ? 'error' : 'skipped'
    const given = attributes['message'] ?? ''
    this.message = given === '' ? '' : `${given.slice(0, limits.messageChars)}\n`
  }
}

const isOutcome = (name: string): boolean => name === 'failure' || name === 'error' || name === 'skipped'

/** NUL has no place in the database; the rest is text and stays it. */
const clean = (text: string, charsMax: number): string => text.slice(0, charsMax).replaceAll('\0', '').toWellFormed()

/** Seconds with a fraction, some tools with thousands separators; nonsense counts as nothing. */
function milliseconds(text: string | undefined): number {
  const seconds = Number((text ?? '0').replaceAll(',', ''))
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(Math.round(seconds * 1_000), 2_147_483_647) : 0
}
