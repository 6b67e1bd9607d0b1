import { invalid } from '../json-text.ts'

/** Where something is written; both count from 1. */
export type Place = { readonly line: number; readonly column: number }

export type Token = Place & {
  readonly kind: 'word' | 'int' | 'float' | 'string' | 'symbol' | 'end'
  /** As written, strings with their quotes. */
  readonly text: string
  /** The comment right above it, and the one that follows it on its line. */
  readonly above?: string
  after?: string
}

export const textLengthMax = 1 << 20
const tokensMax = 300_000

export const wrongAt = (place: Place | undefined, path: string, message: string): Error =>
  invalid(place ? `${place.line}:${place.column}` : path, message)

const patterns: readonly [Token['kind'], RegExp][] = [
  ['word', /[A-Za-z_][A-Za-z0-9_]*/y],
  ['float', /(?:\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)[fF]?/y],
  ['int', /0[xX][0-9A-Fa-f]+|\d+/y],
  ['string', /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y],
  ['symbol', /[;:,.=(){}[\]<>+\-/]/y],
]
const blank = /[ \t\r\f\v]+/y
const comment = /\/\/[^\n]*|\/\*[^]*?\*\//y

const cleaned = (text: string): string =>
  (text.startsWith('//') ? text.slice(2) : text.slice(2, -2).replace(/^[ \t]*\*[ \t]?/gm, ''))
    .split('\n')
    .map((line) => line.replace(/^ /, '').trimEnd())
    .join('\n')
    .trim()

type Note = { text: string; endLine: number }

/** The words of a .proto text. Throws schemas.schema_invalid with line and column. */
export function tokenize(text: string): Token[] {
  if (text.length > textLengthMax) throw invalid('', `it is longer than ${textLengthMax} characters`)
  if (text.includes('\0')) throw invalid('', 'a NUL is in it')
  const tokens: Token[] = []
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let line = 1
  let lineStart = at
  let note: Note | undefined
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  const noteDown = (found: string, startLine: number): void => {
    const last = tokens.at(-1)
    if (last?.line === startLine && (last.text === ';' || last.text === '{' || last.text === ',')) {
      last.after ??= cleaned(found)
      return
    }
    const adjoining = note !== undefined && found.startsWith('//') && note.endLine === startLine - 1
    note = { text: adjoining ? `${note?.text}\n${cleaned(found)}` : cleaned(found), endLine: line }
  }
  while (at < text.length) {
    if (text[at] === '\n') {
      at += 1
      line += 1
      lineStart = at
      continue
    }
    if (take(blank) !== undefined) continue
    const place = { line, column: at - lineStart + 1 }
    const start = at
    const found = take(comment)
    if (found !== undefined) {
      const breaks = found.split('\n').length - 1
      line += breaks
      if (breaks > 0) lineStart = start + found.lastIndexOf('\n') + 1
      noteDown(found, place.line)
      continue
    }
    const token = word(take, place)
    if (token === undefined) throw wrongAt(place, '', `${JSON.stringify(text.slice(at, at + 10))} is not expected here`)
    const above = note !== undefined && note.endLine >= line - 1 && note.text ? note.text : undefined
    note = undefined
    tokens.push(above === undefined ? token : { ...token, above })
    if (tokens.length > tokensMax) throw wrongAt(place, '', `it has more than ${tokensMax} words`)
  }
  tokens.push({ kind: 'end', text: 'the end of the text', line, column: at - lineStart + 1 })
  return tokens
}

function word(take: (pattern: RegExp) => string | undefined, place: Place): Token | undefined {
  for (const [kind, pattern] of patterns) {
    const text = take(pattern)
    if (text !== undefined) return { kind, text, ...place }
  }
  return undefined
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }
const escape = /\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([^]))/g

/** The bytes that a quoted string stands for. */
export function bytesOf(quoted: string): Buffer {
  const body = quoted.slice(1, -1)
  const parts: Buffer[] = []
  let from = 0
  for (const match of body.matchAll(escape)) {
    parts.push(Buffer.from(body.slice(from, match.index)))
    from = match.index + match[0].length
    const [, octal, hex, short, long, letter] = match
    const point = short ?? long
    if (octal !== undefined) parts.push(Buffer.from([Number.parseInt(octal, 8) & 255]))
    else if (hex !== undefined) parts.push(Buffer.from([Number.parseInt(hex, 16)]))
    else if (point !== undefined)
      parts.push(Buffer.from(String.fromCodePoint(Math.min(Number.parseInt(point, 16), 0x10ffff))))
    else if (letter !== undefined) parts.push(Buffer.from(escapes[letter] === undefined ? letter : [escapes[letter]]))
  }
  parts.push(Buffer.from(body.slice(from)))
  return Buffer.concat(parts)
}

export const stringOf = (quoted: string): string => bytesOf(quoted).toString('utf8')

/** Bytes as a string of the language has them, without quotes: as protoc writes the defaults of bytes. */
export const escaped = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => {
    const named = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 39: "\\'", 92: '\\\\' }[byte]
    if (named !== undefined) return named
    return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
  }).join('')
