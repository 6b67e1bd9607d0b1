import { failure } from '@plinth/contracts'
import type { Problem } from '@plinth/kernel'
import { hasSqlDetails, loadModule, parseSync, scanSync, type Node, type ScanToken } from 'libpg-query'
import { placesOf, type Place } from './places.ts'

/** One statement of a file, as PostgreSQL itself reads it. */
export type Statement = Place & {
  /** Without the comments before it and without its semicolon. */
  text: string
  node: Node
  /** Lines of a place within it, by PostgreSQL's byte offset. */
  placeOf(byteOffset: number): Place
}
export type Comment = Place & { text: string }
export type ReadSql = { statements: Statement[]; comments: Comment[] }

/** The grammar is recursive: what is nested or chained deeper than this would run out of the parser's stack. */
const limits = { bytes: 262_144, statements: 4_000, tokensOfStatement: 20_000, nesting: 200 }

const isComment = ({ tokenName }: ScanToken): boolean => tokenName === 'SQL_COMMENT' || tokenName === 'C_COMMENT'

/**
 * The statements of a text, by PostgreSQL's own grammar (libpg-query, PostgreSQL 18). A text that is none is told as a
 * problem with its line and column; nothing is run.
 */
export async function readSql(file: string, text: string): Promise<ReadSql | { problem: Problem }> {
  await loadModule()
  const places = placesOf(text)
  const problemAt = (place: Place, message: string): { problem: Problem } => ({
    problem: { path: `${file}:${place.line}:${place.column}`, message },
  })
  const start = { line: 1, column: 1 }
  if (Buffer.byteLength(text) > limits.bytes)
    return problemAt(start, `A migration is at most ${limits.bytes / 1024} KiB; split it`)
  if (text.includes('\u0000')) return problemAt(start, 'A NUL is no text')
  // The parser takes nothing for a mistake of its caller.
  if (text.trim() === '') return { statements: [], comments: [] }
  try {
    const tokens = tokensOf(text)
    const tooMuch = overLimit(tokens)
    if (tooMuch) return problemAt(places.at(tooMuch.start), tooMuch.message)
    const { stmts = [] } = parseSync(text)
    if (stmts.length > limits.statements)
      return problemAt(start, `A migration has at most ${limits.statements} statements; split it`)
    const bytes = Buffer.from(text)
    const code = tokens.filter((token) => !isComment(token)).map((token) => token.start)
    const statements = stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }): Statement[] => {
      const end = length === undefined || length === 0 ? bytes.length : from + length
      const first = code[firstFrom(code, from)] ?? from
      if (stmt === undefined) return []
      return [
        { ...places.at(first), text: bytes.subarray(first, end).toString().trimEnd(), node: stmt, placeOf: places.at },
      ]
    })
    const comments = tokens
      .filter(isComment)
      .map((token) => ({ ...places.at(token.start), text: bytes.subarray(token.start, token.end).toString() }))
    return { statements, comments }
  } catch (error) {
    // The stack of the parser, or of what reads its answer.
    if (error instanceof RangeError) return problemAt(start, 'A statement is nested too deeply')
    if (!hasSqlDetails(error)) throw failure('platform.bug', { cause: error })
    return problemAt(places.at(places.byteOf(error.sqlDetails?.cursorPosition ?? 0)), error.message)
  }
}

/** The index of the first that is not smaller, in what is sorted. */
function firstFrom(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The scanner names no place of what it can't read; the parser stops at the same one and does. */
function tokensOf(text: string): readonly ScanToken[] {
  try {
    return scanSync(text).tokens
  } catch {
    parseSync(text)
    throw new Error('the scanner refused what the parser took')
  }
}

function overLimit(tokens: readonly ScanToken[]): { start: number; message: string } | undefined {
  let depth = 0
  let count = 0
  for (const { start, text } of tokens) {
    if (text === '(' || text === '[') depth++
    else if (text === ')' || text === ']') depth--
    else if (text === ';') count = 0
    if (depth > limits.nesting) return { start, message: `Nested deeper than ${limits.nesting}` }
    if (++count > limits.tokensOfStatement)
      return { start, message: `A statement has at most ${limits.tokensOfStatement} words; split it` }
  }
  return undefined
}
