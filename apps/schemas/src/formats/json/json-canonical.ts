import { canonical, isMap, type Json, type JsonMap } from '../json-text.ts'

const tokens = /"(?:[^"\\]|\\.)*"|[^\s"]+/g

/** The same document without white space, in its own order; numbers stay as they were written, also those no double holds. */
export const canonicalText = (text: string): string =>
  (text.match(tokens) ?? [])
    .map((token) => (token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token))
    .join('')

/** Arrays in which the order says nothing. */
const sets = new Set(['required', 'enum', 'type'])
const data = new Set(['const', 'default', 'example', 'examples'])

/** Also independent of the order of keys and of what is a set. */
export const normalizedText = (text: string): string =>
  canonical(ordered(JSON.parse(kept(text)) as Json)).replaceAll(/"\\u0000(-?\d+)"/g, '$1')

/** The text with whole numbers that no double holds as marked strings. */
const kept = (text: string): string =>
  text.replaceAll(tokens, (token) =>
    token.startsWith('"')
      ? token
      : token.replaceAll(/-?\d[\d.eE+-]*/g, (digits) =>
          /^-?\d+$/.test(digits) && !Number.isSafeInteger(Number(digits)) ? `"\\u0000${digits}"` : digits,
        ),
  )

function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isMap(value)) return value
  const result: JsonMap = {}
  for (const [key, item] of Object.entries(value)) {
    if (data.has(key)) result[key] = item
    else if (sets.has(key) && Array.isArray(item)) result[key] = item.toSorted(byText)
    else if (key === 'dependentRequired' && isMap(item)) result[key] = sortedLists(item)
    else result[key] = ordered(item)
  }
  return result
}

const byText = (a: Json, b: Json): number => (canonical(a) < canonical(b) ? -1 : 1)

const sortedLists = (map: JsonMap): JsonMap =>
  Object.fromEntries(
    Object.entries(map).map(([name, list]) => [name, Array.isArray(list) ? list.toSorted(byText) : ordered(list)]),
  )
