import { canonical, isMap, type Json, type JsonMap } from '../json-text.ts'

/** So many digits of a decimal number survive in a double. */
const digitsMax = 15
const tokens = /"(?:[^"\\]|\\.)*"|[^\s"]+/g

/** The same document without white space, in its own order; numbers stay as they were written, also those no double holds. */
export const canonicalText = (text: string): string =>
  (text.match(tokens) ?? [])
    .map((token) => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token))
    .join('')

/** Arrays in which the order says nothing. */
const sets = new Set(['required', 'enum', 'type'])
const dependencies = new Set(['dependentRequired', 'dependencies'])
const data = new Set(['const', 'default', 'example', 'examples'])

/** Also independent of the order of keys and of what is a set. */
export function normalizedText(text: string): string {
  let mark = 'number:'
  while (text.includes(mark)) mark += ':'
  return canonical(ordered(JSON.parse(kept(text, mark)) as Json)).replaceAll(new RegExp(`"${mark}([^"]*)"`, 'g'), '$1')
}

/** The text with numbers that have more digits than a double holds as marked strings. */
const kept = (text: string, mark: string): string =>
  text.replaceAll(tokens, (token) =>
    token.startsWith('"')
      ? token
      : token.replaceAll(/-?\d[\d.eE+-]*/g, (digits) =>
          digits.replaceAll(/[eE].*|\D/g, '').length > digitsMax ? `"${mark}${digits}"` : digits,
        ),
  )

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isMap(value)) return value
  const result: JsonMap = {}
  for (const [key, item] of Object.entries(value)) {
    if (data.has(key)) result[key] = item
    else if (sets.has(key) && Array.isArray(item)) result[key] = item.toSorted(byText)
    else if (dependencies.has(key) && isMap(item)) result[key] = sortedLists(item)
    else result[key] = ordered(item)
  }
  return result
}

const byText = (a: Json, b: Json): number => (canonical(a) < canonical(b) ? -1 : 1)

const sortedLists = (map: JsonMap): JsonMap =>
  Object.fromEntries(
    Object.entries(map).map(([name, list]) => [name, Array.isArray(list) ? list.toSorted(byText) : ordered(list)]),
  )
