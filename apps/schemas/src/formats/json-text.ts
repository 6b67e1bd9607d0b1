import { failure } from '@plinth/contracts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonMap = { [key: string]: Json }

const depthMax = 100
const poisonous = new Set(['__proto__', 'constructor', 'prototype'])

export const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** RFC 6901. */
export const pointer = (base: string, ...tokens: (string | number)[]): string =>
  tokens.reduce<string>((path, token) => `${path}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`, base)

export const invalid = (path: string, message: string): Error =>
  failure('schemas.schema_invalid', {
    detail: `The schema is not valid at ${path || '/'}: ${message}`,
    problems: [{ path, message }],
  })

/** Reads a schema's text; throws schemas.schema_invalid with the place of what is wrong, or of what is too deep or hostile. */
export function readJson(text: string): Json {
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (error) {
    throw invalid('', `it is no JSON (${error instanceof Error ? error.message.slice(0, 120) : ''})`)
  }
  refuseHostile(value, '', 0)
  return value
}

function refuseHostile(value: Json, path: string, depth: number): void {
  if (depth > depthMax) throw invalid(path, `it is nested more than ${depthMax} deep`)
  if (Array.isArray(value)) return value.forEach((item, index) => refuseHostile(item, pointer(path, index), depth + 1))
  if (!isMap(value)) return
  for (const [key, item] of Object.entries(value)) {
    if (poisonous.has(key)) throw invalid(path, `a key may not be called '${key}'`)
    refuseHostile(item, pointer(path, key), depth + 1)
  }
}

/** The same text for the same meaning of JSON: no white space, keys in order. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (isMap(value)) {
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`)
      .join(',')}}`
  }
  return JSON.stringify(value)
}

export const same = (a: Json | undefined, b: Json | undefined): boolean =>
  a === undefined || b === undefined ? a === b : canonical(a) === canonical(b)
