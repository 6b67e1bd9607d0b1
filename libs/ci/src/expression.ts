import { RE2JS } from 're2js'

/**
 * The expressions of `rules:if` (GitLab, lib/gitlab/ci/pipeline/expression): variables, strings, patterns, null and
 * booleans, joined by == != =~ !~ && || and parentheses; && binds tighter than ||.
 */
export type Expression =
  | { kind: 'variable'; name: string }
  | { kind: 'string'; value: string }
  | { kind: 'pattern'; source: string }
  | { kind: 'null' }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'compare'; operator: '==' | '!=' | '=~' | '!~'; left: Expression; right: Expression }
  | { kind: 'and' | 'or'; left: Expression; right: Expression }

type Value = string | boolean | null

/** An expression that is none; the message says what was expected, `offset` where in the text. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly offset: number
  constructor(message: string, offset: number) {
    super(message)
    this.offset = offset
  }
}

type Token = { type: 'open' | 'close' | 'value' | 'operator'; text: string; offset: number; value?: Expression }

const tokensMax = 100
const textMax = 10_000

const lexemes: readonly [RegExp, (match: string, offset: number) => Omit<Token, 'offset'>][] = [
  [/\(/y, (text) => ({ type: 'open', text })],
  [/\)/y, (text) => ({ type: 'close', text })],
  [/\$\w+/y, (text) => ({ type: 'value', text, value: { kind: 'variable', name: text.slice(1) } })],
  [/"[^"]*"|'[^']*'/y, (text) => ({ type: 'value', text, value: { kind: 'string', value: text.slice(1, -1) } })],
  [/\/(?:\\.|[^/\\])*\/[ismU]*/y, patternToken],
  [/null\b/y, (text) => ({ type: 'value', text, value: { kind: 'null' } })],
  [/(?:true|false)\b/y, (text) => ({ type: 'value', text, value: { kind: 'boolean', value: text === 'true' } })],
  [/==|=~|!=|!~|&&|\|\|/y, (text) => ({ type: 'operator', text })],
]

function patternToken(text: string, offset: number): Omit<Token, 'offset'> {
  if (/^\/.?\/[ismU]*$/.test(text)) throw new ExpressionError('a pattern needs two characters at the least', offset)
  try {
    compilePattern(text)
  } catch {
    throw new ExpressionError(`${text} is no valid pattern (RE2 syntax)`, offset)
  }
  return { type: 'value', text, value: { kind: 'pattern', source: text } }
}

function tokenize(text: string): Token[] {
  if (text.length > textMax) throw new ExpressionError(`an expression has ${textMax} characters at the most`, 0)
  const tokens: Token[] = []
  for (let offset = 0; ;) {
    while (/\s/.test(text[offset] ?? '')) offset++
    if (offset >= text.length) return tokens
    if (tokens.length >= tokensMax)
      throw new ExpressionError(`an expression has ${tokensMax} parts at the most`, offset)
    const token = nextToken(text, offset)
    tokens.push(token)
    offset += token.text.length
  }
}

function nextToken(text: string, offset: number): Token {
  for (const [pattern, make] of lexemes) {
    pattern.lastIndex = offset
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) return { ...make(found, offset), offset }
  }
  if (text.startsWith('${', offset))
    throw new ExpressionError('write `$NAME`; `${NAME}` is not known in an expression', offset)
  throw new ExpressionError('expected a variable, a string, a /pattern/, null, an operator or a parenthesis', offset)
}

/** Reads an expression; throws ExpressionError. */
export function parseExpression(text: string): Expression {
  const tokens = tokenize(text)
  let position = 0
  const operatorIn = (...wanted: string[]): string | undefined => {
    const token = tokens[position]
    return token?.type === 'operator' && wanted.includes(token.text) ? token.text : undefined
  }
  const or = (): Expression => {
    let left = and()
    for (; operatorIn('||');) {
      position++
      left = { kind: 'or', left, right: and() }
    }
    return left
  }
  const and = (): Expression => {
    let left = comparison()
    for (; operatorIn('&&');) {
      position++
      left = { kind: 'and', left, right: comparison() }
    }
    return left
  }
  const comparison = (): Expression => {
    let left = primary()
    for (
      let operator = operatorIn('==', '!=', '=~', '!~');
      operator !== undefined;
      operator = operatorIn('==', '!=', '=~', '!~')
    ) {
      position++
      left = { kind: 'compare', operator: operator as '==', left, right: primary() }
    }
    return left
  }
  const primary = (): Expression => {
    const token = tokens[position++]
    if (token?.value !== undefined) return token.value
    if (token?.type !== 'open') throw new ExpressionError('expected a value', token?.offset ?? text.length)
    const inner = or()
    const end = tokens[position++]
    if (end?.type !== 'close') throw new ExpressionError('expected `)`', end?.offset ?? text.length)
    return inner
  }
  const tree = or()
  const rest = tokens[position]
  if (rest !== undefined) throw new ExpressionError('expected an operator: ==, !=, =~, !~, && or ||', rest.offset)
  return tree
}

/** Whether an expression holds: a value counts when it is there and not blank. */
export const holds = (expression: Expression, variables: ReadonlyMap<string, string>): boolean =>
  present(evaluate(expression, variables))

const present = (value: Value): boolean => (typeof value === 'string' ? value.trim() !== '' : value === true)

export function evaluate(expression: Expression, variables: ReadonlyMap<string, string>): Value {
  switch (expression.kind) {
    case 'variable':
      return variables.get(expression.name) ?? null
    case 'string':
    case 'boolean':
      return expression.value
    case 'pattern':
      return expression.source
    case 'null':
      return null
    case 'and':
      return holds(expression.left, variables) && holds(expression.right, variables)
    case 'or':
      return holds(expression.left, variables) || holds(expression.right, variables)
    case 'compare':
      return compare(expression, variables)
  }
}

function compare(
  { operator, left, right }: Expression & { kind: 'compare' },
  variables: ReadonlyMap<string, string>,
): boolean {
  const one = evaluate(left, variables)
  const other = evaluate(right, variables)
  if (operator === '==') return one === other
  if (operator === '!=') return one !== other
  const matched = matches(one, other)
  return operator === '=~' ? matched : !matched
}

/**
 * `=~`. Nothing on the right never matches; nothing on the left is empty text. What is written as /…/ on the right,
 * also in a variable, is a pattern; a plain text there asks whether it occurs in, or holds, the left one.
 */
function matches(left: Value, right: Value): boolean {
  if (right === null || typeof right === 'boolean') return false
  const text = left === null ? '' : String(left)
  if (!isPattern(right)) return right.includes(text)
  try {
    return compilePattern(right).matcher(text).find()
  } catch {
    // A variable may hold anything: what is no pattern matches nothing.
    return false
  }
}

const isPattern = (text: string): boolean => /^\/(?:\\.|[^/\\])+\/[ismU]*$/.test(text)

const compiled = new Map<string, RE2JS>()
const compiledMax = 500

/** RE2: linear in the text, whatever the pattern. `i`, `s`, `m` and `U` (ungreedy) are its flags. */
function compilePattern(literal: string): RE2JS {
  const known = compiled.get(literal)
  if (known !== undefined) return known
  const end = literal.lastIndexOf('/')
  const flags = literal.slice(end + 1)
  const source = literal.slice(1, end).replaceAll('\\/', '/')
  const pattern = RE2JS.compile(flags === '' ? source : `(?${[...new Set(flags)].join('')})${source}`)
  if (compiled.size >= compiledMax) compiled.clear()
  compiled.set(literal, pattern)
  return pattern
}
