import { standalone } from '../api/schema-set.ts'
import { textOf } from '../api/api-document.ts'
import type { Side } from '../api/judge.ts'
import { smallSample } from '../api/small-sample.ts'
import { isMap, type Json, type JsonMap } from '../json-text.ts'
import { numberOf } from './aliases.ts'
import { sidesOf, type Api, type Operation } from './model.ts'

/** Some value that a place allows. */
export function valueAt(side: Side, key: string): Json {
  const place = side.places.get(key)
  if (!place) return 'x'
  const whole = standalone(side.root, [place], side.dialect)
  return smallSample(isMap(whole['properties']) ? (whole['properties'][key] ?? true) : true, whole)
}

const start = ({ webhook, method, path }: Operation): JsonMap =>
  webhook ? { webhook: path, method } : { method, path }

/** Where a request goes, with the parameters that it needs and those that are given. */
function addressed(api: Api, operation: Operation, given: ReadonlyMap<string, Json>): JsonMap {
  const { request: side } = sidesOf(api, operation)
  const exchange = start(operation)
  const parts: Record<string, JsonMap> = {}
  for (const { name, in: place, required, key } of operation.parameters) {
    const value = given.get(key) ?? (required ? valueAt(side, key) : undefined)
    if (value === undefined) continue
    if (place === 'path') {
      const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
      exchange['path'] = textOf(exchange['path']).replace(`{${name}}`, () => encodeURIComponent(text) || 'x')
    } else (parts[place === 'header' ? 'headers' : place === 'cookie' ? 'cookies' : 'query'] ??= {})[name] = value
  }
  return { ...exchange, ...parts }
}

/** The smallest request that an operation takes, with the values that are given by the names of their places. */
export function requestFor(api: Api, operation: Operation, given: ReadonlyMap<string, Json>): JsonMap {
  const { request: side } = sidesOf(api, operation)
  const exchange = addressed(api, operation, given)
  const { body } = operation
  const types = [...(body?.types ?? [])]
  const chosen = types.find(([, key]) => given.has(key)) ?? types.find(([type]) => type.includes('json')) ?? types[0]
  if (!body || !chosen || (!body.required && !given.has(chosen[1]))) return exchange
  const value = given.get(chosen[1]) ?? valueAt(side, chosen[1])
  return { ...exchange, contentType: chosen[0], body: value }
}

/** An answer with a status, and the values that are given. */
export function answerFor(
  api: Api,
  operation: Operation,
  status: string,
  given: ReadonlyMap<string, Json>,
): JsonMap | undefined {
  const answer = operation.answers.get(status)
  if (!answer) return undefined
  const { answer: side } = sidesOf(api, operation)
  const headers: JsonMap = {}
  for (const { name, required, key } of answer.headers) {
    const value = given.get(key) ?? (required ? valueAt(side, key) : undefined)
    if (value !== undefined) headers[name] = value
  }
  const chosen = [...answer.types].find(([, key]) => given.has(key))
  return {
    ...addressed(api, { ...operation, parameters: operation.parameters.filter((one) => one.in === 'path') }, new Map()),
    status: numberOf(status),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(chosen && { contentType: chosen[0], body: given.get(chosen[1]) ?? null }),
  }
}
