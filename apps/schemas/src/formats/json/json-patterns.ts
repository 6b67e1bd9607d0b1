import { RE2JS } from 're2js'

/** A regular expression whose time grows with the text only. */
export type Pattern = {
  test(text: string): boolean
  /** Instructions of its program: what a character of a text may cost. */
  readonly size: number
}

const compiledMax = 2000
const compiled = new Map<string, Pattern>()

/**
 * A pattern of a schema, run by RE2: whoever registers a schema also chooses its patterns and may send payloads, and the
 * machine's own engine can take years for `(a+)+$`. RE2 has no look-around; what people write most, checks in front as in
 * `^(?=.*\d)(?!.*\s).{8,}$`, is the conjunction of its parts and run as such. Throws an Error for what can't be run so.
 */
export function patternOf(source: string): Pattern {
  const known = compiled.get(source)
  if (known) return known
  const { checks, rest } = splitChecks(source)
  const main = run(rest)
  const tests = checks.map((check) => ({ ...check, pattern: run(`^(?:${check.source})`) }))
  const pattern: Pattern =
    tests.length === 0
      ? main
      : {
          test: (text) => main.test(text) && tests.every((check) => check.pattern.test(text) === check.wanted),
          size: tests.reduce((sum, check) => sum + check.pattern.size, main.size),
        }
  if (compiled.size >= compiledMax) compiled.clear()
  compiled.set(source, pattern)
  return pattern
}

function run(source: string): Pattern {
  if (/\\(?:[1-9]|k<)/.test(source.replaceAll(/\\\\/g, ''))) throw new Error('back-references take unbounded time')
  const expression = RE2JS.compile(RE2JS.translateRegExp(source))
  return { test: (text) => expression.test(text), size: expression.programSize() }
}

type Check = { source: string; wanted: boolean }

/** The look-aheads directly after a leading `^`, and the pattern without them. */
function splitChecks(source: string): { checks: Check[]; rest: string } {
  const checks: Check[] = []
  let at = 1
  while (source.startsWith('^') && (source.startsWith('(?=', at) || source.startsWith('(?!', at))) {
    const end = closing(source, at)
    if (end === undefined) break
    checks.push({ source: source.slice(at + 3, end), wanted: source[at + 2] === '=' })
    at = end + 1
  }
  const rest = `^${source.slice(at)}`
  // `^(?=a)b|c` is no conjunction: the check belongs to the first branch alone.
  return checks.length === 0 || closing(`(${rest})|`, 0, '|') !== undefined
    ? { checks: [], rest: source }
    : { checks, rest }
}

/** Where the group that opens at `from` closes; with `|`, where its first own alternative begins. */
function closing(source: string, from: number, wanted = ')'): number | undefined {
  let depth = 0
  let inClass = false
  for (let at = from; at < source.length; at++) {
    const letter = source[at]
    if (letter === '\\') at++
    else if (letter === '[') inClass = true
    else if (letter === ']') inClass = false
    else if (inClass) continue
    else if (letter === '(') depth++
    else if (letter === '|' && wanted === '|' && depth === 1) return at
    else if (letter === ')' && --depth === 0) return wanted === ')' ? at : undefined
  }
  return undefined
}
