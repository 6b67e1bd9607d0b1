import type { SaxesTagPlain } from 'saxes'
import { caseLimits, unreadCase, wholeMs, type ReportCase } from './report-case.ts'
import { clean, projectPath, ReportError } from './report-error.ts'
import { readXml } from './xml.ts'

const elementsMax = 300_000

/**
 * Reads a JUnit report as a stream. Hostile documents are refused: a document type (with its entities) is, and so is
 * what is too deep or too large; external things are never fetched. A report that can't be read is one case of status
 * `error` that says why, after the cases that were read.
 */
export function readJunit(document: string, label: string): ReportCase[] {
  const cases: ReportCase[] = []
  const reader = new JunitReader(cases)
  try {
    readXml(document, reader, { elementsMax, documentType: 'refused' })
    if (!reader.isReport) throw new ReportError('it has no `testsuite`')
  } catch (error) {
    cases.push(unreadCase(label, error))
  }
  return cases
}

type Suite = { name: string; file: string }

class JunitReader {
  isReport = false
  private readonly cases: ReportCase[]
  private readonly suites: Suite[] = []
  private current: ReportCase | undefined
  private message: string | undefined

  constructor(cases: ReportCase[]) {
    this.cases = cases
  }

  open({ name, attributes }: SaxesTagPlain): void {
    if (name === 'testsuites' || name === 'testsuite') {
      this.isReport = true
      this.suites.push({ name: attributes['name'] ?? '', file: attributes['file'] ?? attributes['filepath'] ?? '' })
    } else if (name === 'testcase') this.begin(attributes)
    else if (this.current !== undefined) this.outcome(name, attributes)
  }

  text(text: string): void {
    if (this.message === undefined || this.message.length >= caseLimits.messageChars) return
    this.message += text.slice(0, caseLimits.messageChars - this.message.length)
  }

  close(name: string): void {
    if (name === 'testsuites' || name === 'testsuite') this.suites.pop()
    else if (name === 'testcase') this.current = undefined
    else if (this.current !== undefined && this.message !== undefined && isOutcome(name)) {
      const text = clean(this.message.trim(), caseLimits.messageChars)
      if (text !== '') this.current.message = text
      this.message = undefined
    }
  }

  private begin(attributes: Record<string, string>): void {
    if (this.cases.length >= caseLimits.cases) throw new ReportError(`it has more than ${caseLimits.cases} cases`)
    const around = this.suites.findLast(({ name }) => name !== '')?.name ?? ''
    const suite = clean(attributes['classname'] || around, caseLimits.nameChars)
    const within = clean(around, caseLimits.nameChars)
    const file = attributes['file'] || (this.suites.findLast((each) => each.file !== '')?.file ?? '')
    this.current = {
      suite,
      ...(within !== '' && within !== suite && { within }),
      name: clean(attributes['name'] ?? '', caseLimits.nameChars),
      ...(file !== '' && { file: clean(projectPath(file), caseLimits.nameChars) }),
      status: 'passed',
      durationMs: milliseconds(attributes['time']),
    }
    this.cases.push(this.current)
  }

  private outcome(name: string, attributes: Record<string, string>): void {
    if (this.current === undefined || !isOutcome(name)) return
    this.current.status = name === 'failure' ? 'failed' : name === 'error' ? 'error' : 'skipped'
    const given = attributes['message'] ?? ''
    this.message = given === '' ? '' : `${given.slice(0, caseLimits.messageChars)}\n`
  }
}

const isOutcome = (name: string): boolean => name === 'failure' || name === 'error' || name === 'skipped'

/** Seconds with a fraction, some tools with thousands separators. */
const milliseconds = (text: string | undefined): number => wholeMs(Number((text ?? '0').replaceAll(',', '')) * 1_000)
