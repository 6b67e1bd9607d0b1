import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate, ExpressionError, holds, parseExpression, type Expression } from './expression.ts'

const variables = new Map([
  ['BRANCH', 'main'],
  ['EMPTY', ''],
  ['PATTERN', '/^ma.n$/'],
  ['TEXT', 'a main road'],
  ['NUMBER', '1'],
])
const says = (text: string): boolean => holds(parseExpression(text), variables)

describe('rules:if', () => {
  it.each([
    ['a variable that is set and not empty holds', '$BRANCH', true],
    ['an empty variable does not hold', '$EMPTY', false],
    ['an undefined variable does not hold', '$NOTHING', false],
    ['an undefined variable is null', '$NOTHING == null', true],
    ['an empty variable is not null', '$EMPTY == null', false],
    ['an empty variable is the empty string', '$EMPTY == ""', true],
    ['strings compare in single and double quotes', `$BRANCH == 'main' && $BRANCH == "main"`, true],
    ['two variables compare by value', '$BRANCH == $TEXT', false],
    ['!= is the opposite of ==', '$BRANCH != "main"', false],
    ['a pattern matches anywhere', '$TEXT =~ /main/', true],
    ['a pattern is case-sensitive', '$BRANCH =~ /MAIN/', false],
    ['the flag i ignores case', '$BRANCH =~ /MAIN/i', true],
    ['!~ is the opposite of =~', '$BRANCH !~ /^main$/', false],
    ['nothing on the left is matched as empty text', '$NOTHING =~ /^$/', true],
    ['nothing on the right never matches', '$BRANCH =~ $NOTHING', false],
    ['nothing on the right makes !~ hold', '$BRANCH !~ $NOTHING', true],
    ['a variable on the right that is /…/ is a pattern', '$BRANCH =~ $PATTERN', true],
    ['a plain text on the right asks whether it holds the left', '$BRANCH =~ $TEXT', true],
    ['variables inside of a pattern are not expanded', '$BRANCH =~ /$BRANCH/', false],
    ['an escaped slash is a slash', '"a/b" =~ /a\\/b/', true],
    ['&& binds tighter than ||', '$BRANCH || $EMPTY && $NOTHING', true],
    ['parentheses come first', '($BRANCH || $EMPTY) && $NOTHING', false],
    ['a value and a comparison combine', '$BRANCH && $NUMBER == "1"', true],
    ['an empty variable does not hold in a combination', '$EMPTY && $BRANCH', false],
    ['the right of || counts where the left is empty', '$EMPTY || $BRANCH', true],
  ])('%s: %s', (_says, text, expected) => {
    expect(says(text)).toBe(expected)
  })

  it.each([
    ['nothing', '', 0],
    ['braces around a name', '${BRANCH} == "main"', 0],
    ['a single =', '$BRANCH = "main"', 8],
    ['a value without an operator', '$BRANCH "main"', 8],
    ['an operator without a value', '$BRANCH ==', 10],
    ['an open parenthesis', '($BRANCH', 8],
    ['a closing parenthesis too many', '$BRANCH)', 7],
    ['a pattern of one character', '$BRANCH =~ /./', 11],
    ['a pattern that RE2 does not know', '$BRANCH =~ /(?=ab)/', 11],
    ['a string without its end', '$BRANCH == "main', 11],
  ])('refuses %s at its place', (_what, text, offset) => {
    const error = catching(() => parseExpression(text))
    expect(error).toBeInstanceOf(ExpressionError)
    expect((error as ExpressionError).offset).toBe(offset)
  })

  it('has at most 100 tokens', () => {
    expect(() => parseExpression(Array.from({ length: 51 }, () => '$A').join(' && '))).toThrow('100 parts')
    expect(parseExpression(Array.from({ length: 50 }, () => '$A').join(' && '))).toBeDefined()
  })

  it('matches in linear time whatever the pattern', () => {
    const text = 'a'.repeat(50_000) + 'b'
    const startedAtMs = performance.now()
    expect(holds(parseExpression('$T =~ /^(a+)+$/'), new Map([['T', text]]))).toBe(false)
    expect(performance.now() - startedAtMs).toBeLessThan(2_000)
  })
})

describe('expressions, whatever they are', () => {
  const leaf = fc.oneof(
    fc.constantFrom('BRANCH', 'EMPTY', 'NOTHING').map((name): Expression => ({ kind: 'variable', name })),
    fc.stringMatching(/^[a-z ]{0,5}$/).map((value): Expression => ({ kind: 'string', value })),
    fc.constant<Expression>({ kind: 'null' }),
    fc.boolean().map((value): Expression => ({ kind: 'boolean', value })),
  )
  const { tree } = fc.letrec<{ tree: Expression }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({
        kind: fc.constantFrom('and', 'or'),
        left: tie('tree'),
        right: tie('tree'),
      }) as fc.Arbitrary<Expression>,
      fc.record({
        kind: fc.constant('compare'),
        operator: fc.constantFrom('==', '!='),
        left: tie('tree'),
        right: tie('tree'),
      }) as fc.Arbitrary<Expression>,
    ),
  }))

  it('written out with parentheses and read again mean the same', () => {
    fc.assert(
      fc.property(tree, (expression) => {
        const text = written(expression)
        fc.pre(text.split(/\s+|(?=[()])|(?<=[()])/).length <= 90)
        expect(evaluate(parseExpression(text), variables)).toEqual(evaluate(expression, variables))
      }),
    )
  })

  it('any text is read or refused with a place within it, and never breaks the reader', () => {
    fc.assert(
      fc.property(
        fc.string({
          maxLength: 60,
          unit: fc.constantFrom('$', 'A', '"', "'", '/', '(', ')', '=', '~', '!', '&', '|', ' ', '\\', 'null', '.'),
        }),
        (text) => {
          const error = catching(() => parseExpression(text))
          if (error === undefined) return
          expect(error).toBeInstanceOf(ExpressionError)
          expect((error as ExpressionError).offset).toBeLessThanOrEqual(text.length)
        },
      ),
    )
  })
})

function written(expression: Expression): string {
  switch (expression.kind) {
    case 'variable':
      return `$${expression.name}`
    case 'string':
      return `"${expression.value}"`
    case 'pattern':
      return expression.source
    case 'null':
      return 'null'
    case 'boolean':
      return String(expression.value)
    case 'compare':
      return `(${written(expression.left)} ${expression.operator} ${written(expression.right)})`
    case 'and':
      return `(${written(expression.left)} && ${written(expression.right)})`
    case 'or':
      return `(${written(expression.left)} || ${written(expression.right)})`
  }
}

function catching(work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}
