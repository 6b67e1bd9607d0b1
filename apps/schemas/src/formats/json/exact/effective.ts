import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import type { JsonDocument } from '../json-document.ts'
import { rewritten } from '../json-keywords.ts'

const since7 = ['const', 'contains', 'propertyNames', 'if', 'then', 'else']
const since2019 = [
  'dependentRequired',
  'dependentSchemas',
  'unevaluatedProperties',
  'unevaluatedItems',
  'minContains',
  'maxContains',
]
const ignored: Readonly<Record<JsonDocument['dialect']['name'], readonly string[]>> = {
  '4': [...since7, ...since2019, 'prefixItems'],
  '7': [...since2019, 'prefixItems'],
  '2019': ['prefixItems', 'dependencies'],
  '2020': ['additionalItems', 'dependencies'],
}
const known = new WeakMap<JsonDocument, Json>()

/** The document without what its draft takes no notice of, and draft 4's exclusive flags as the limits that they mean. */
export function effective(document: JsonDocument): Json {
  const { root, dialect } = document
  if (!isMap(root)) return root
  const made = known.get(document)
  if (made !== undefined) return made
  const result = rewritten(root, (schema) => {
    const kept: JsonMap = { ...schema }
    for (const key of ignored[dialect.name]) delete kept[key]
    return dialect.name === '4' ? withLimits(kept) : kept
  })
  known.set(document, result)
  return result
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
