import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import type { JsonDocument } from '../json-document.ts'
import { rewritten } from '../json-keywords.ts'
import { followed } from '../json-references.ts'

/** Where the reference of a schema leads, by the schema itself: schemas of two documents can then be mixed. */
const targets = new WeakMap<JsonMap, Json>()
const known = new WeakMap<JsonDocument, Json>()
const ids = new WeakMap<JsonMap, number>()
let idsGiven = 0

/** A document's schema with draft 4's exclusive flags as the limits that they mean, and its references known to `targetOf`. */
export function linked(document: JsonDocument): Json {
  const { root, dialect } = document
  if (!isMap(root)) return root
  const made = known.get(document)
  if (made !== undefined) return made
  const all: JsonMap[] = []
  const result = rewritten(root, (schema) => {
    const own = dialect.name === '4' ? withLimits(schema) : schema
    all.push(own)
    return own
  })
  for (const schema of all)
    if (typeof schema['$ref'] === 'string') targets.set(schema, followed(result, schema['$ref']))
  known.set(document, result)
  return result
}

export const targetOf = (schema: JsonMap): Json | undefined => targets.get(schema)

/** A number for each schema object: what is known of a pair is kept by them. */
export function idOf(schema: Json): string {
  if (!isMap(schema)) return String(schema !== false)
  const id = ids.get(schema) ?? idsGiven++
  ids.set(schema, id)
  return String(id)
}

function withLimits(schema: JsonMap): JsonMap {
  const result: JsonMap = { ...schema }
  for (const [flag, limit] of [
    ['exclusiveMaximum', 'maximum'],
    ['exclusiveMinimum', 'minimum'],
  ] as const) {
    if (typeof schema[flag] !== 'boolean') continue
    delete result[flag]
    if (!schema[flag] || typeof schema[limit] !== 'number') continue
    result[flag] = schema[limit]
    delete result[limit]
  }
  return result
}
