import { readDuration } from './duration.ts'
import { ExpressionError, parseExpression, type Expression } from './expression.ts'
import type { AllowFailure, DeclaredVariables, When } from './file.ts'
import type { Problems } from './problems.ts'
import type { Entry, MapNode, Node } from './tree.ts'

const scriptDepthMax = 10

export function readText(node: Node, what: string, problems: Problems): string | undefined {
  if (node.kind === 'scalar' && node.value !== null) return node.text
  problems.add(node.at, `Expected text for ${what}.`)
  return undefined
}

export function readFlag(node: Node, what: string, problems: Problems): boolean | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'boolean') return node.value
  problems.add(node.at, `Expected true or false for ${what}.`)
  return undefined
}

export function readInteger(
  node: Node,
  what: string,
  min: number,
  max: number,
  problems: Problems,
): number | undefined {
  const value = node.kind === 'scalar' ? node.value : undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  problems.add(node.at, `Expected a whole number from ${min} to ${max} for ${what}.`)
  return undefined
}

export function readChoice<const T extends string>(
  node: Node,
  what: string,
  allowed: readonly T[],
  problems: Problems,
): T | undefined {
  const found = allowed.find((value) => node.kind === 'scalar' && node.text === value)
  if (found === undefined)
    problems.add(node.at, `Expected ${allowed.map((value) => `\`${value}\``).join(', ')} for ${what}.`)
  return found
}

/** A list of texts, or one text alone. */
export function readTexts(node: Node, what: string, max: number, problems: Problems): string[] {
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length > max) problems.add(node.at, `Expected ${max} entries at the most in ${what}.`)
  return items.map((item) => readText(item, `an entry of ${what}`, problems)).filter((text) => text !== undefined)
}

/** A line, or a list of lines that may hold lists (from anchors and `!reference`), made flat. */
export function readScript(node: Node, what: string, problems: Problems, depth = 0): string[] {
  if (node.kind === 'scalar' && node.value !== null) return [node.text]
  if (node.kind === 'list' && depth <= scriptDepthMax)
    return node.items.flatMap((item) => readScript(item, what, problems, depth + 1))
  const message = node.kind === 'map' ? ' A line with `: ` in it needs quotes.' : ''
  problems.add(node.at, `Expected a command or a list of commands in ${what}.${message}`)
  return []
}

export function readMap(node: Node, what: string, problems: Problems): MapNode | undefined {
  if (node.kind === 'map') return node
  problems.add(node.at, `Expected a mapping for ${what}.`)
  return undefined
}

/** Calls the reader of each keyword; a keyword without one is a problem at its place. */
export function readKeywords(
  map: MapNode,
  what: string,
  readers: Readonly<Record<string, (node: Node, entry: Entry) => void>>,
  problems: Problems,
): void {
  for (const [name, entry] of map.entries) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (reader) reader(entry.node, entry)
    else
      problems.add(
        entry.keyAt,
        `Unknown keyword \`${name}\` in ${what}; expected ${Object.keys(readers)
          .map((known) => `\`${known}\``)
          .join(', ')}.`,
      )
  }
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** `NAME: value`, or a mapping of value, description, options (at the top only) and expand. */
export function readVariables(node: Node, level: 'top' | 'job', problems: Problems): DeclaredVariables {
  const map = readMap(node, '`variables`', problems)
  const variables: DeclaredVariables = {}
  for (const [name, entry] of map?.entries ?? []) {
    if (!variableName.test(name))
      problems.add(entry.keyAt, `\`${name}\` is no name for a variable; expected letters, digits and underscores.`)
    else variables[name] = readVariable(name, entry.node, level, problems)
  }
  return variables
}

function readVariable(name: string, node: Node, level: 'top' | 'job', problems: Problems): DeclaredVariables[string] {
  const what = `the variable \`${name}\``
  const variable: DeclaredVariables[string] = { value: '', expand: true }
  if (node.kind !== 'map') {
    variable.value = readText(node, what, problems) ?? ''
    return variable
  }
  const value = (inner: Node): void => void (variable.value = readText(inner, what, problems) ?? '')
  const expand = (inner: Node): void =>
    void (variable.expand = readFlag(inner, `\`expand\` of ${what}`, problems) ?? true)
  const description = (inner: Node): void =>
    void (variable.description = readText(inner, `\`description\` of ${what}`, problems) ?? '')
  const options = (inner: Node): void => void readTexts(inner, `\`options\` of ${what}`, 100, problems)
  readKeywords(node, what, level === 'top' ? { value, description, options, expand } : { value, expand }, problems)
  return variable
}

export function readTimeSpan(node: Node, what: string, maxSeconds: number, problems: Problems): number | undefined {
  const seconds = node.kind === 'scalar' && node.value !== null ? readDuration(node.text) : undefined
  if (seconds !== undefined && seconds > 0 && seconds <= maxSeconds) return seconds
  problems.add(
    node.at,
    `Expected a duration such as \`1h 30m\` for ${what}, ${Math.round(maxSeconds / 3_600)} hours at the most.`,
  )
  return undefined
}

const whens = ['on_success', 'on_failure', 'always', 'manual', 'delayed', 'never'] as const
/** One week (GitLab, "start_in"). */
const delayMaxSeconds = 7 * 86_400

export const readStartIn = (node: Node, problems: Problems): number | undefined =>
  readTimeSpan(node, '`start_in`', delayMaxSeconds, problems)

export function readWhen(node: Node, place: 'job' | 'rule' | 'workflow', problems: Problems): When | undefined {
  const allowed =
    place === 'workflow'
      ? (['always', 'never'] as const)
      : place === 'job'
        ? whens.filter((when) => when !== 'never')
        : whens
  return readChoice<When>(node, '`when`', allowed, problems)
}

export function readAllowFailure(node: Node, problems: Problems): AllowFailure | undefined {
  if (node.kind !== 'map') return readFlag(node, '`allow_failure`', problems)
  const exitCodes: number[] = []
  const codes = (inner: Node): void =>
    void exitCodes.push(...readExitCodes(inner, '`allow_failure:exit_codes`', problems))
  readKeywords(node, '`allow_failure`', { exit_codes: codes }, problems)
  return { exitCodes }
}

export function readExitCodes(node: Node, what: string, problems: Problems): number[] {
  const items = node.kind === 'list' ? node.items : [node]
  return items.map((item) => readInteger(item, what, 0, 255, problems)).filter((code) => code !== undefined)
}

/** The expression of an `if`, its own mistakes placed within the line where that can be told. */
export function readExpression(node: Node, problems: Problems): { text: string; expression: Expression } | undefined {
  const text = readText(node, '`if`', problems)
  if (text === undefined) return undefined
  try {
    return { text, expression: parseExpression(text) }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    problems.add(
      node.at,
      `The expression of \`if\` is not valid at its character ${error.offset + 1}: ${error.message}.`,
    )
    return undefined
  }
}
