import { isMap, readJson, type Json, type JsonMap } from '../json-text.ts'

/**
 * Numbers as they were written. A `long`'s default beyond 2^53 and `1.0` would come out of JSON.parse as other texts,
 * and the registry gives back what was registered.
 */
const numbers = new WeakMap<JsonMap, string>()

/** Reads JSON within the limits of `readJson`; a number that JavaScript would write otherwise keeps its text. */
export function readExactJson(text: string): Json {
  const value = readJson(text)
  if (!/\d[.eE]|\d{16}/.test(text)) return value
  return JSON.parse(text, (_key, item: Json, context?: { source?: string }): Json => {
    if (typeof item !== 'number' || context?.source === undefined || context.source === String(item)) return item
    const exact: JsonMap = {}
    numbers.set(exact, context.source)
    return exact
  }) as Json
}

/** The same value in plain numbers, to compute with. */
export function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain)
  if (!isMap(value)) return value
  const exact = numbers.get(value)
  if (exact !== undefined) return Number(exact)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}

/** Compact text; `sorted` puts the keys in order. */
export function print(value: Json, sorted = false): string {
  if (Array.isArray(value)) return `[${value.map((item) => print(item, sorted)).join(',')}]`
  if (!isMap(value)) return JSON.stringify(value)
  const exact = numbers.get(value)
  if (exact !== undefined) return exact
  const entries = Object.entries(value)
  if (sorted) entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${print(item, sorted)}`).join(',')}}`
}
