import { type Span, spansOf } from './ansi.ts'

export type LogLine = {
  number: number
  spans: readonly Span[]
  text: string
  fold?: { name: string; title: string }
  within: readonly string[]
}

/** GitLab's section markers: `section_start:1560896352:name[collapsed=true]`, then the title. */
const section = /section_(start|end):(\d+):([A-Za-z0-9_.-]+)(?:\[([^\]]*)\])?\r?(?:\u001b\[0K)?/
const lengthMax = 20_000

type Look = ReturnType<typeof spansOf>['look']

/** The lines of a log that grows: text comes in pieces that end anywhere, colours run on over lines, sections nest. */
export class LogReader {
  lines: LogLine[] = []
  readonly collapsed = new Set<string>()
  private rest = ''
  private count = 0
  private look: Look | undefined
  private readonly open: string[] = []

  push(text: string): void {
    const parts = (this.rest + text).split('\n')
    this.rest = parts.pop() ?? ''
    if (this.rest.length > lengthMax) parts.push(this.rest.slice(0, lengthMax))
    if (this.rest.length > lengthMax) this.rest = this.rest.slice(lengthMax)
    const read = parts.flatMap((part) => this.read(part.slice(0, lengthMax)))
    if (read.length > 0) this.lines = [...this.lines, ...read]
  }

  /** The last line may have no end. */
  finish(): void {
    if (this.rest !== '') this.push('\n')
  }

  private read(raw: string): LogLine[] {
    const found = section.exec(raw)
    const [marker = '', kind, , name = '', options = ''] = found ?? []
    if (kind === 'end') {
      const index = this.open.lastIndexOf(name)
      if (index >= 0) this.open.splice(index)
      const after = raw.slice((found?.index ?? 0) + marker.length)
      return after.trim() === '' ? [] : this.read(after)
    }
    const body = found === null ? raw : raw.slice(found.index + marker.length)
    const { spans, look } = spansOf(body, this.look)
    this.look = look
    const text = spans.map((span) => span.text).join('')
    const number = ++this.count
    const line: LogLine = { number, spans, text, within: [...this.open] }
    if (kind === 'start') {
      this.open.push(name)
      if (options.includes('collapsed=true')) this.collapsed.add(name)
      return [{ ...line, fold: { name, title: text || name } }]
    }
    return [line]
  }
}
