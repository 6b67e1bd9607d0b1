import type { TextProblem } from './policy.ts'

/** A value and where it stands: columns count from 1, and the end is after its last character. */
export type Field = { readonly value: string; readonly column: number; readonly endColumn: number }
export type Row = { readonly line: number; readonly fields: readonly Field[] }
export type Report = (problem: TextProblem) => void

/** The rows of a policy.csv: comments (`#`) and blank lines are left out, what is no row is reported. */
export function readRows(text: string, report: Report): Row[] {
  const rows: Row[] = []
  let expiryAbove = false
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const line = index + 1
    const trimmed = source.trim()
    if (trimmed === '') continue
    if (trimmed.startsWith('#')) {
      expiryAbove = /^#\s*expires\s/.test(trimmed)
      continue
    }
    const fields = fieldsOf(source, (column, message) =>
      report({ line, column, endColumn: source.length + 1, severity: 'error', message }),
    )
    if (fields !== undefined) rows.push({ line, fields })
    // Exports once wrote an expiry so. Passing over it would make the link one without end.
    if (expiryAbove && fields !== undefined) {
      const message = 'the expiry in the comment above is not read; write `g2, subject, role, domain, <time>`'
      report({ line, column: 1, endColumn: source.length + 1, severity: 'error', message })
    }
    expiryAbove = false
  }
  return rows
}

/** The fields of one line, trimmed; quoted ones as they are. */
function fieldsOf(line: string, report: (column: number, message: string) => void): Field[] | undefined {
  const fields: Field[] = []
  const field = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y
  while (field.lastIndex <= line.length) {
    const start = field.lastIndex
    const found = field.exec(line)
    if (found === null) {
      report(
        line.length - line.slice(start).trimStart().length + 1,
        'a quote is not closed, or stands inside a value; write "a ""quoted"" value" in quotes as a whole',
      )
      return undefined
    }
    const [whole, quoted, plain = '', comma = ''] = found
    const column = start + whole.length - whole.trimStart().length + 1
    const written = whole.slice(0, whole.length - comma.length).trim()
    const value = quoted?.replaceAll('""', '"') ?? plain.trim()
    fields.push({ value, column, endColumn: column + Math.max(1, written.length) })
    if (comma !== ',') break
  }
  return fields
}
