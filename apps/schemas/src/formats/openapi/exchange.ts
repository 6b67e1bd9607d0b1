import { textOf } from '../api/api-document.ts'
import { problemsAt, type Side } from '../api/judge.ts'
import type { Problem } from '../format.ts'
import { mapOf } from '../json/json-keywords.ts'
import { isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { answerOf, sidesOf, typeOf, type Answer, type Api, type Content, type Operation } from './model.ts'

const problemsMax = 50
const pathMax = 2000

/**
 * What is wrong with a request, `{"method", "path", "query", "headers", "cookies", "contentType", "body"}`, or with an
 * answer to it, which has a `status`. A webhook is named by `webhook` instead of a path.
 */
export function exchangeProblems(api: Api, payload: unknown): Problem[] {
  const exchange = payload as Json
  if (!isMap(exchange)) return [{ path: '', message: 'an object is wanted, with "method" and "path"' }]
  const found = operationFor(api, exchange)
  if (!found)
    return [
      {
        path: '/path',
        message: `no operation is ${textOf(exchange['method']) || '(no method)'} ${textOf(exchange['path'])}`.slice(
          0,
          300,
        ),
      },
    ]
  const problems =
    exchange['status'] === undefined
      ? requestProblems(api, found.operation, found.values, exchange)
      : answerProblems(api, found.operation, exchange)
  return problems.slice(0, problemsMax)
}

function operationFor(api: Api, exchange: JsonMap): { operation: Operation; values: readonly string[] } | undefined {
  const method = textOf(exchange['method']).toUpperCase()
  const hook = exchange['webhook']
  if (typeof hook === 'string') {
    const operation = api.operations.get(`webhook ${method} ${hook}`)
    return operation && { operation, values: [] }
  }
  const [path = ''] = textOf(exchange['path']).split('?')
  if (path === '' || path.length > pathMax) return undefined
  const segments = path.split('/')
  let best: { operation: Operation; values: readonly string[]; literal: number } | undefined
  for (const operation of api.operations.values()) {
    if (operation.webhook || operation.method !== method) continue
    const match = matched(operation.path.split('/'), segments)
    // What is written out comes before what is a parameter.
    if (match && (!best || match.literal > best.literal)) best = { operation, ...match }
  }
  return best
}

function matched(
  template: readonly string[],
  segments: readonly string[],
): { values: string[]; literal: number } | undefined {
  if (template.length !== segments.length) return undefined
  const values: string[] = []
  let literal = 0
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? ''
    if (!part.includes('{')) {
      if (part !== segment) return undefined
      literal++
      continue
    }
    const found = inSegment(part.split(/\{[^{}]*\}/), segment)
    if (!found) return undefined
    values.push(...found)
  }
  return { values, literal }
}

/** Values between the fixed pieces of a segment; each as short as it can be. */
function inSegment(pieces: readonly string[], segment: string): string[] | undefined {
  const [first = '', ...rest] = pieces
  const last = rest.at(-1) ?? ''
  if (!segment.startsWith(first) || !segment.endsWith(last)) return undefined
  const values: string[] = []
  let at = first.length
  for (const [index, piece] of rest.entries()) {
    const end = index === rest.length - 1 ? segment.length - piece.length : segment.indexOf(piece, at + 1)
    if (end <= at) return undefined
    values.push(decoded(segment.slice(at, end)))
    at = end + piece.length
  }
  return values
}

const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function requestProblems(api: Api, operation: Operation, values: readonly string[], exchange: JsonMap): Problem[] {
  const { request: side } = sidesOf(api, operation)
  const problems: Problem[] = []
  const given: Readonly<Record<string, JsonMap>> = {
    query: mapOf(exchange['query']),
    header: lower(mapOf(exchange['headers'])),
    cookie: mapOf(exchange['cookies']),
  }
  for (const { name, in: place, identity, required, key } of operation.parameters) {
    const path =
      place === 'path'
        ? '/path'
        : pointer('', place === 'header' ? 'headers' : place === 'cookie' ? 'cookies' : place, name)
    const known = given[place === 'querystring' ? 'query' : place] ?? {}
    const own = place === 'header' ? name.toLowerCase() : name
    const value =
      place === 'path' ? values[Number(identity.slice(5))] : Object.hasOwn(known, own) ? known[own] : undefined
    if (value !== undefined) problems.push(...asText(side, key, value, path))
    else if (required) problems.push({ path, message: `the ${place} parameter ${name} is missing` })
  }
  const known = new Set(operation.parameters.flatMap((one) => (one.in === 'query' ? [one.name] : [])))
  const free = operation.parameters.some((one) => one.in === 'querystring')
  for (const name of Object.keys(given['query'] ?? {}))
    if (!free && !known.has(name) && !known.has(name.split('[')[0] ?? ''))
      problems.push({ path: pointer('/query', name), message: 'there is no query parameter of this name' })
  const { body } = operation
  if (body) problems.push(...bodyProblems(side, body, exchange, body.required))
  else if (exchange['body'] !== undefined) problems.push({ path: '/body', message: 'no body is read here' })
  return problems
}

function answerProblems(api: Api, operation: Operation, exchange: JsonMap): Problem[] {
  const { answer: side } = sidesOf(api, operation)
  const given = exchange['status']
  const status = typeof given === 'number' ? String(given) : textOf(given)
  const answer: Answer | undefined = answerOf(operation.answers, status)
  if (!answer) return [{ path: '/status', message: `${operation.key} does not answer ${status.slice(0, 20)}` }]
  const headers = lower(mapOf(exchange['headers']))
  return [
    ...answer.headers.flatMap(({ name, key, required }) => {
      const path = pointer('/headers', name)
      const value = Object.hasOwn(headers, name) ? headers[name] : undefined
      if (value !== undefined) return asText(side, key, value, path)
      return required ? [{ path, message: `the header ${name} is missing` }] : []
    }),
    ...bodyProblems(side, answer, exchange, false),
  ]
}

const lower = (map: JsonMap): JsonMap =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name.toLowerCase(), value]))

/** Types whose values are JSON, or are told as such. */
const structured =
  /^(?:\*\/\*|application\/\*|application\/json|[^/]+\/[^/]*\+json|application\/x-www-form-urlencoded|multipart\/form-data)(?:;|$)/

function bodyProblems(side: Side, { types }: Content, exchange: JsonMap, required: boolean): Problem[] {
  const { body } = exchange
  if (body === undefined) return required ? [{ path: '/body', message: 'the body is missing' }] : []
  const said = textOf(exchange['contentType']).toLowerCase().replaceAll(/\s/g, '')
  const wanted = said === '' ? ([...types.keys()].find((type) => structured.test(type)) ?? [...types.keys()][0]) : said
  if (types.size === 0 || wanted === undefined) return []
  const key = typeOf(types, wanted)
  if (key === undefined)
    return [
      {
        path: '/contentType',
        message: `${wanted.slice(0, 100)} is none of ${[...types.keys()].join(', ').slice(0, 200)}`,
      },
    ]
  return structured.test(wanted) ? problemsAt(side, key, body, '/body') : []
}

/** A value that travels as text is good if it is so as text, or as what the text may stand for. */
function asText(side: Side, key: string, value: Json, path: string): Problem[] {
  const problems = problemsAt(side, key, value, path)
  if (problems.length === 0 || typeof value !== 'string') return problems
  const read: Json[] = [value.split(',')]
  if (/^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/.test(value))
    read.push(JSON.parse(value.replace(/^(-?)0+(?=\d)/, '$1')) as Json)
  return read.some((other) => problemsAt(side, key, other, path).length === 0) ? [] : problems
}
