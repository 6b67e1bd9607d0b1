import { failure } from '@plinth/contracts'
import type { AppError, Problem } from '@plinth/kernel'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type YAMLMap,
} from 'yaml'
import { scoreSchema } from './score-schema.ts'
import type { Score } from './score.ts'

const problemsMax = 50
const depthMax = 30
/** Each is looked up in the document, which takes the longer the larger it is. */
const errorsReadMax = 200
const check = new Ajv2020({ allErrors: true, strict: false, logger: false }).compile<Score>(scoreSchema)

/** A place in a score.yaml: `at(['containers', 'main'])` is `score.yaml:12:5`. */
export type Places = { at(path: readonly (string | number)[], end?: 'key' | 'value'): string }

export const scoreFailure = (problems: readonly Problem[]): AppError =>
  failure('provisioning.score_invalid', {
    detail: `score.yaml is not valid: ${problems[0]?.path ?? ''} ${problems[0]?.message ?? ''}`.trim(),
    problems: problems.slice(0, problemsMax),
  })

/** Reads a score.yaml; throws provisioning.score_invalid with line and column of every problem. */
export function parseScore(text: string): { score: Score; places: Places } {
  const lines = new LineCounter()
  const document = readYaml(text, lines)
  const places = placesOf(document, lines)
  const value: unknown = document.toJS({ maxAliasCount: 0 })
  if (check(value)) return { score: value, places }
  const errors = (check.errors ?? []).filter(isTelling).slice(0, errorsReadMax)
  throw scoreFailure(unique(errors.map((error) => problemOf(error, places))))
}

function readYaml(text: string, lines: LineCounter): Document {
  if (deepest(text) > depthMax * 8) throw scoreFailure([{ path: 'score.yaml:1:1', message: 'is nested too deeply' }])
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    maxAliasCount: 0,
  } as never)
  const where = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `score.yaml:${line}:${col}`
  }
  if (document.errors.length > 0) {
    throw scoreFailure(document.errors.map(({ pos, message }) => ({ path: where(pos[0]), message })))
  }
  visit(document, (_key, node, path) => {
    const twice = isMap(node) ? keyTwice(node) : undefined
    if (twice !== undefined) throw scoreFailure([{ path: where(twice), message: 'Map keys must be unique' }])
    if (isAlias(node)) {
      throw scoreFailure([{ path: where(node.range?.[0] ?? 0), message: 'is an alias; write the value out' }])
    }
    if (path.length > depthMax * 2) {
      throw scoreFailure([{ path: where(isNode(node) ? (node.range?.[0] ?? 0) : 0), message: 'is nested too deeply' }])
    }
  })
  return document
}

/** Where a key stands that its map has already. The parser's own check compares each with each: seconds for a large map. */
function keyTwice({ items }: YAMLMap): number | undefined {
  const seen = new Set<string>()
  for (const { key } of items) {
    const name = String(isNode(key) ? key.toJSON() : key)
    if (seen.has(name)) return isNode(key) ? (key.range?.[0] ?? 0) : 0
    seen.add(name)
  }
  return undefined
}

/** An upper bound of the nesting, read without a parser that could run out of stack: brackets, dashes, indentation. */
function deepest(text: string): number {
  let open = 0
  let most = 0
  for (const character of text) {
    if (character === '[' || character === '{') most = Math.max(most, ++open)
    else if (character === ']' || character === '}') open = Math.max(0, open - 1)
  }
  for (const [dashes] of text.matchAll(/^[ ]*(?:[-?] +)+/gm)) most = Math.max(most, dashes.length / 2)
  return most
}

function placesOf(document: Document, lines: LineCounter): Places {
  return {
    at(path, end = 'value') {
      let node: unknown = document.contents
      let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
      for (const [index, part] of path.entries()) {
        const pair = isMap(node)
          ? node.items.find(({ key }) => String(isNode(key) ? key.toJSON() : key) === String(part))
          : undefined
        const next = isPair(pair) ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined
        const isKey = end === 'key' && index === path.length - 1
        const shown = isKey && isPair(pair) ? pair.key : (next ?? (isPair(pair) ? pair.key : undefined))
        if (isNode(shown)) offset = shown.range?.[0] ?? offset
        node = next
      }
      const { line, col } = lines.linePos(offset)
      return `score.yaml:${line}:${col}`
    },
  }
}

/** Errors that only say that another one is there. */
const isTelling = ({ keyword }: ErrorObject): boolean => keyword !== 'propertyNames'

function problemOf(error: ErrorObject, places: Places): Problem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const name = [...path].join('.') || 'the document'
  const { params, propertyName } = error as { params: Record<string, unknown>; propertyName?: string }
  if (error.keyword === 'additionalProperties') {
    const extra = String(params['additionalProperty'])
    return { path: places.at([...path, extra], 'key'), message: `'${extra}' is not known in ${name}` }
  }
  if (error.keyword === 'required')
    return { path: places.at(path), message: `${name} lacks '${String(params['missingProperty'])}'` }
  if (propertyName !== undefined)
    return {
      path: places.at([...path, propertyName], 'key'),
      message: `the name '${propertyName}' in ${name} ${error.message ?? ''}`,
    }
  const allowed =
    error.keyword === 'enum' || error.keyword === 'const'
      ? `: ${JSON.stringify(params['allowedValues'] ?? params['allowedValue'])}`
      : ''
  return { path: places.at(path), message: `${name} ${error.message ?? 'is not valid'}${allowed}` }
}

function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem]))
  return [...seen.values()]
}
