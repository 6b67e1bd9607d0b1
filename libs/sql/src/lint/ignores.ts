import type { Migration, ReadStatement } from '../grammar/files.ts'

/** What a comment of a migration hides: for the statement that follows it (or that it stands in), or for the file. */
export type Ignore = {
  rules: readonly string[]
  reason: string
  line: number
  column: number
  /** Undefined for the whole file. */
  statement?: ReadStatement
  used: Set<string>
}

const pattern = /^(?:--|\/\*)\s*plinth-ignore(-file)?\s+([\w-]+(?:\s*,\s*[\w-]+)*)\s*(?::\s*(.*?))?\s*(?:\*\/)?$/s

export function ignoresOf({ comments, statements }: Migration): Ignore[] {
  return comments.flatMap(({ text, line, column }): Ignore[] => {
    const [, ofFile, names = '', reason = ''] = pattern.exec(text) ?? []
    if (names === '') return []
    const isBefore = (statement: ReadStatement): boolean =>
      statement.line > line ||
      (statement.line === line && statement.column > column) ||
      (statement.line <= line && line < statement.line + statement.text.split('\n').length)
    const statement = ofFile === undefined ? statements.find(isBefore) : undefined
    const rules = names.split(',').map((name) => name.trim())
    return [{ rules, reason: reason.trim(), line, column, ...(statement && { statement }), used: new Set() }]
  })
}
