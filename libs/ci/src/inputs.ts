import { RE2JS } from 're2js'
import { expandText } from './expand.ts'
import type { Place, Problems } from './problems.ts'
import { readKeywords, readMap, readText } from './read-values.ts'
import type { Entry, MapNode, Node } from './tree.ts'

/** What a file is given: nodes as they are written, since an input may be a list or a mapping. */
export type InputValues = ReadonlyMap<string, Node>
/** What `$[[ … ]]` may name. */
export type Interpolation = {
  readonly inputs: InputValues
  /** Of a component: `name`, `sha`, `version`, `reference`. */
  readonly component?: Readonly<Record<string, string>>
  /** For `expand_vars`: the variables that are known before a pipeline is. */
  readonly variables: ReadonlyMap<string, string>
}

type InputType = 'string' | 'number' | 'boolean' | 'array'
type Input = { type: InputType; default?: Node; options?: string[]; regex?: RE2JS; at: Place }

const optionsMax = 50
const functionsMax = 3
const types = ['string', 'number', 'boolean', 'array'] as const

/** `spec:inputs` of a header (GitLab, "CI/CD inputs"). */
export function readSpec(header: MapNode, problems: Problems): Map<string, Input> {
  const inputs = new Map<string, Input>()
  const readInputs = (node: Node): void => {
    if (node.kind === 'scalar' && node.value === null) return
    for (const [name, entry] of readMap(node, '`spec:inputs`', problems)?.entries ?? [])
      inputs.set(name, readInput(name, entry, problems))
  }
  const component = (node: Node): void => void (node.kind !== 'list' && problems.add(node.at, 'Expected a list in `spec:component`.')) // prettier-ignore
  const spec = (node: Node): void => {
    const map = readMap(node, '`spec`', problems)
    if (map)
      readKeywords(map, '`spec`', { inputs: readInputs, component, description: (inner) => void readText(inner, '`description`', problems) }, problems) // prettier-ignore
  }
  readKeywords(header, 'the header', { spec }, problems)
  return inputs
}

function readInput(name: string, { keyAt, node }: Entry, problems: Problems): Input {
  const input: Input = { type: 'string', at: keyAt }
  if (node.kind === 'scalar' && node.value === null) return input
  const what = `the input \`${name}\``
  const map = readMap(node, what, problems)
  if (map === undefined) return input
  readKeywords(
    map,
    what,
    {
      default: (inner) => void (input.default = inner),
      description: (inner) => void readText(inner, `\`description\` of ${what}`, problems),
      type: (inner) => {
        const type = types.find((one) => inner.kind === 'scalar' && inner.text === one)
        if (type === undefined) problems.add(inner.at, `Expected ${types.join(', ')} as \`type\` of ${what}.`)
        else input.type = type
      },
      options: (inner) => {
        const items = inner.kind === 'list' ? inner.items : []
        if (items.length === 0 || items.length > optionsMax)
          problems.add(inner.at, `Expected a list of 1 to ${optionsMax} values as \`options\` of ${what}.`)
        input.options = items.flatMap((item) => readText(item, `an option of ${what}`, problems) ?? [])
      },
      regex: (inner) => {
        const text = readText(inner, `\`regex\` of ${what}`, problems) ?? ''
        try {
          input.regex = RE2JS.compile(text.replace(/^\/(.*)\/$/s, '$1'))
        } catch {
          problems.add(inner.at, `\`${text}\` is no regular expression that RE2 takes.`)
        }
      },
    },
    problems,
  )
  return input
}

/** What a file gets for its inputs: what is given, else the default; all that is wrong is said at its place. */
export function settleInputs(
  spec: ReadonlyMap<string, Input>,
  given: ReadonlyMap<string, Entry>,
  asked: Place,
  problems: Problems,
): Map<string, Node> {
  const settled = new Map<string, Node>()
  for (const [name, { keyAt }] of given)
    if (!spec.has(name)) problems.add(keyAt, `There is no input \`${name}\`; known are ${[...spec.keys()].join(', ') || 'none'}.`) // prettier-ignore
  for (const [name, input] of spec) {
    const value = given.get(name)?.node ?? input.default
    if (value === undefined) problems.add(asked, `The input \`${name}\` has no default; give it a value.`)
    else if (fits(name, input, value, given.get(name)?.keyAt ?? input.at, problems)) settled.set(name, value)
  }
  return settled
}

const isOf: Readonly<Record<InputType, (node: Node) => boolean>> = {
  string: (node) => node.kind === 'scalar' && typeof node.value === 'string',
  number: (node) => node.kind === 'scalar' && typeof node.value === 'number',
  boolean: (node) => node.kind === 'scalar' && typeof node.value === 'boolean',
  array: (node) => node.kind === 'list',
}

function fits(name: string, { type, options, regex }: Input, value: Node, at: Place, problems: Problems): boolean {
  const text = value.kind === 'scalar' ? value.text : ''
  const wrong = !isOf[type](value)
    ? `Expected a ${type} for the input \`${name}\`.`
    : options !== undefined && !options.includes(text)
      ? `Expected one of ${options.join(', ')} for the input \`${name}\`.`
      : regex !== undefined && !regex.matcher(text).find()
        ? `The input \`${name}\` does not match ${regex.pattern()}.`
        : undefined
  if (wrong !== undefined) problems.add(at, wrong)
  return wrong === undefined
}

const block = /\$\[\[\s*([^\]]*?)\s*\]\]/g
const whole = /^\$\[\[\s*([^\]]*?)\s*\]\]$/

/** The tree with every `$[[ inputs.x ]]` replaced; alone in its place it keeps the type of the input. */
export function interpolate(node: Node, known: Interpolation, problems: Problems): Node {
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => interpolate(item, known, problems)) }
  if (node.kind === 'map') {
    const entries = new Map<string, Entry>()
    for (const [name, entry] of node.entries)
      entries.set(filled(name, entry.keyAt, known, problems), { ...entry, node: interpolate(entry.node, known, problems) }) // prettier-ignore
    return { ...node, entries }
  }
  if (node.kind !== 'scalar' || typeof node.value !== 'string' || !node.text.includes('$[[')) return node
  const [, alone] = whole.exec(node.text) ?? []
  if (alone !== undefined && !isOfMatrix(alone)) {
    const value = evaluate(alone, node.at, known, problems)
    return value === undefined ? node : { ...value, at: node.at }
  }
  const text = filled(node.text, node.at, known, problems)
  return { ...node, value: text, text }
}

/** Those are of `needs`, and filled once the permutations are known. */
const isOfMatrix = (expression: string): boolean => expression.startsWith('matrix.')

const filled = (text: string, at: Place, known: Interpolation, problems: Problems): string =>
  text.includes('$[[')
    ? text.replace(block, (written, expression: string) => {
        if (isOfMatrix(expression)) return written
        const value = evaluate(expression, at, known, problems)
        if (value === undefined) return written
        if (value.kind === 'scalar') return value.text
        problems.add(at, `\`${written}\` is no text, so it has to stand alone.`)
        return written
      })
    : text

function evaluate(expression: string, at: Place, known: Interpolation, problems: Problems): Node | undefined {
  const [name = '', ...functions] = expression.split('|').map((part) => part.trim())
  const value = lookUp(name, at, known)
  if (value === undefined) {
    problems.add(at, `\`$[[ ${expression} ]]\`: there is no ${name}; say it in \`spec\` of this file.`)
    return undefined
  }
  if (functions.length > functionsMax) problems.add(at, `\`$[[ … ]]\` takes ${functionsMax} functions at the most.`)
  if (functions.length === 0) return value
  let text = value.kind === 'scalar' ? value.text : undefined
  for (const called of functions) text = text === undefined ? undefined : call(called, text, known)
  if (text === undefined) {
    problems.add(
      at,
      `\`$[[ ${expression} ]]\`: expected expand_vars, posix_escape or truncate(offset,length), on a text.`,
    )
    return undefined
  }
  return { kind: 'scalar', value: text, text, at }
}

function lookUp(name: string, at: Place, { inputs, component }: Interpolation): Node | undefined {
  const [, kind, key = ''] = /^(inputs|component)\.([\w-]+)$/.exec(name) ?? []
  if (kind === 'inputs') return inputs.get(key)
  const text = kind === 'component' ? component?.[key] : undefined
  return text === undefined ? undefined : { kind: 'scalar', value: text, text, at }
}

function call(called: string, text: string, { variables }: Interpolation): string | undefined {
  if (called === 'expand_vars') return expandText(text, (name) => variables.get(name))
  if (called === 'posix_escape') return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
  const [, offset, length] = /^truncate\(\s*(\d{1,6})\s*,\s*(\d{1,6})\s*\)$/.exec(called) ?? []
  return offset === undefined ? undefined : text.slice(Number(offset), Number(offset) + Number(length))
}
