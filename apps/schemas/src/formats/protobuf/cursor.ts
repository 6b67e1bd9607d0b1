import { stringOf, tokenize, wrongAt, type Place, type Token } from './tokens.ts'

/** A walk over the words of a text; what does not fit is refused with its line and column. */
export type Cursor = ReturnType<typeof cursorOf>

export function cursorOf(text: string) {
  const tokens = tokenize(text)
  const end = tokens.at(-1)
  if (end === undefined) throw new Error('a text without an end')
  let at = 0
  const peek = (ahead = 0): Token => tokens[at + ahead] ?? end
  const next = (): Token => {
    const token = peek()
    at += 1
    return token
  }
  const refuse = (wanted: string, token = peek()): Error =>
    wrongAt(token, '', `${wanted} is expected here, not ${token.text.slice(0, 40)}`)
  const is = (text: string): boolean => peek().text === text && peek().kind !== 'string'
  const accept = (text: string): boolean => is(text) && next() === tokens[at - 1]
  const expect = (text: string): Token => {
    if (!is(text)) throw refuse(`'${text}'`)
    return next()
  }
  const name = (): string => {
    if (peek().kind !== 'word') throw refuse('a name')
    return next().text
  }
  const dotted = (): string => {
    let path = name()
    while (accept('.')) path += `.${name()}`
    return path
  }
  const string = (): string => {
    if (peek().kind !== 'string') throw refuse('a text in quotes')
    let whole = ''
    while (peek().kind === 'string') whole += stringOf(next().text)
    return whole
  }
  const int = (min: number, max: number): number => {
    const place: Place = peek()
    const sign = accept('-') ? -1 : 1
    if (peek().kind !== 'int') throw refuse('a whole number')
    const { text } = next()
    const value = sign * (/^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text))
    if (!Number.isInteger(value) || value < min || value > max)
      throw wrongAt(place, '', `${text.slice(0, 40)} is not between ${min} and ${max}`)
    return value
  }
  return {
    peek,
    next,
    refuse,
    is,
    accept,
    expect,
    name,
    dotted,
    /** Whether a dot follows without a blank: `repeated.Type` is a type's name, `repeated .Type` is none. */
    isGlued: (): boolean =>
      peek(1).text === '.' && peek(1).line === peek().line && peek(1).column === peek().column + peek().text.length,
    /** A mention of a type, which may begin with a dot. */
    typeName: (): string => (accept('.') ? `.${dotted()}` : dotted()),
    string,
    int,
  }
}

/** What is said of something: in the comment above it, or else after it on the line that begins it. */
export const docOf = (first: Token, last?: Token): string | undefined => first.above ?? last?.after
