import type { Cursor } from './cursor.ts'
import { depthMax, optionsMax } from './limits.ts'
import { wrongAt, type Place } from './tokens.ts'

/** An option as written: `(my.option).inner = { … }`, its value in the text format. */
export type RawOption = {
  readonly name: readonly { readonly name: string; readonly extension: boolean }[]
  readonly value: string
  readonly place: Place
}

/** `name = value`, where a part of the name in parentheses is the name of an extension. */
export function parseOption(cursor: Cursor): RawOption {
  const place = cursor.peek()
  const name = []
  do {
    if (cursor.accept('(')) {
      name.push({ name: cursor.typeName(), extension: true })
      cursor.expect(')')
    } else name.push({ name: cursor.name(), extension: false })
  } while (cursor.accept('.'))
  cursor.expect('=')
  return { name, value: parseValue(cursor), place: { line: place.line, column: place.column } }
}

/** The value of an option, in the text format. */
function parseValue(cursor: Cursor): string {
  // A list is no part of the language, but Confluent's registry writes them.
  if (cursor.is('{') || cursor.is('[')) return aggregate(cursor)
  if (cursor.peek().kind === 'string') {
    const parts: string[] = []
    while (cursor.peek().kind === 'string') parts.push(cursor.next().text)
    return parts.join(' ')
  }
  const sign = cursor.accept('-') ? '-' : ''
  const token = cursor.next()
  if (token.kind === 'word' || token.kind === 'int' || token.kind === 'float') return `${sign}${token.text}`
  throw cursor.refuse('a value', token)
}

/** Stands before the name of an extension in the text format, which is looked up like any other; no text has it. */
export const mentionMark = '\0'

/** Whether a name in brackets follows that is no list of one name: `[my.extension]: 1`, not `names: [FIRST]`. */
function isMention(cursor: Cursor, before: string | undefined): boolean {
  if (before === ':' || cursor.peek().kind !== 'word') return false
  let ahead = 1
  while (cursor.peek(ahead).text === '.' && cursor.peek(ahead + 1).kind === 'word') ahead += 2
  return cursor.peek(ahead).text === ']'
}

/** `{ … }` as it stands; its words are in the text format already, which whoever looks the option up will read. */
function aggregate(cursor: Cursor): string {
  const words: string[] = []
  let depth = 0
  do {
    const token = cursor.next()
    if (token.kind === 'end') throw cursor.refuse(`'}'`, token)
    if (token.text === '{' || token.text === '<' || token.text === '[') depth += 1
    if (token.text === '}' || token.text === '>' || token.text === ']') depth -= 1
    if (depth > depthMax) throw wrongAt(token, '', `it is nested more than ${depthMax} deep`)
    words.push(
      token.text === '[' && words.length > 0 && isMention(cursor, words.at(-2)) ? `[${mentionMark}` : token.text,
    )
    // A dot, and a sign before its number, may have nothing beside them in the text format; other words may.
    const following = cursor.peek()
    const glued =
      token.text === '.' || following.text === '.' || token.text === '-' || token.text === '/' || following.text === '/'
    words.push(glued ? '' : ' ')
  } while (depth > 0)
  return words.join('').trim()
}

/** `[a = b, (c) = d]`, if there is one. */
export function parseBracketed(cursor: Cursor): RawOption[] {
  const options: RawOption[] = []
  if (!cursor.accept('[')) return options
  do {
    if (options.length >= optionsMax) throw wrongAt(cursor.peek(), '', `it has more than ${optionsMax} options`)
    options.push(parseOption(cursor))
  } while (cursor.accept(','))
  cursor.expect(']')
  return options
}
