import type { RouteSpec } from '@plinth/contracts'
import type { AnyInput } from './types.ts'

/** The URL of a call: parameters encoded as one path segment each, arrays of the query repeated, `undefined` left out. */
export function urlOf(baseUrl: string, spec: RouteSpec, { params = {}, query = {}, path = '' }: AnyInput): string {
  const filled = spec.path
    .replace(/:([A-Za-z0-9_]+)/g, (_whole, name: string) => segment(name, params[name]))
    .replace(/\*$/, () =>
      path
        .split('/')
        .map((part) => segment('path', part, true))
        .join('/'),
    )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const item of [value].flat()) if (item !== undefined && item !== null) search.append(name, textOf(item))
  }
  const suffix = search.size === 0 ? '' : `?${search.toString()}`
  return `${baseUrl.replace(/\/+$/, '')}${filled}${suffix}`
}

/** `.` and `..` would be resolved away by every URL parser, and the call would go to another route. */
function segment(name: string, value: unknown, mayBeEmpty = false): string {
  const text = value === undefined || value === null ? '' : textOf(value)
  if (text === '.' || text === '..' || (text === '' && !mayBeEmpty)) {
    throw new TypeError(`'${text}' can't be the path parameter '${name}'`)
  }
  return encodeURIComponent(text)
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** Method, headers and body of a call, without the credential. */
export function requestOf(
  spec: RouteSpec,
  input: AnyInput,
): { method: string; headers: Record<string, string>; body?: RequestInit['body'] } {
  const headers: Record<string, string> = {}
  if (spec.kind === 'sse') headers['accept'] = 'text/event-stream'
  if (input.idempotencyKey !== undefined) headers['idempotency-key'] = input.idempotencyKey
  if (input.body === undefined) return { method: spec.method, headers }
  if (spec.kind === 'raw') return { method: spec.method, headers, body: input.body as RequestInit['body'] }
  headers['content-type'] = 'application/json'
  return { method: spec.method, headers, body: JSON.stringify(input.body) }
}
