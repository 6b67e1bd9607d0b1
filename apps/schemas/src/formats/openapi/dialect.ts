import { isMap, type JsonMap } from '../json-text.ts'
import type { Dialect } from '../api/schema-set.ts'

/** OpenAPI 3.0's own dialect as JSON Schema: `nullable`, limits that are flags, and references that stand alone. */
export const dialect30: Dialect = (schema) => {
  if (typeof schema['$ref'] === 'string') return { $ref: schema['$ref'] }
  const { nullable, exclusiveMaximum, exclusiveMinimum, ...rest } = schema
  const copy: JsonMap = { ...rest }
  if (nullable === true && typeof rest['type'] === 'string') copy['type'] = [rest['type'], 'null']
  for (const [flag, limit, value] of [
    ['exclusiveMaximum', 'maximum', exclusiveMaximum],
    ['exclusiveMinimum', 'minimum', exclusiveMinimum],
  ] as const) {
    if (value !== true || typeof rest[limit] !== 'number') continue
    copy[flag] = rest[limit]
    delete copy[limit]
  }
  return copy
}

export const dialect31: Dialect = (schema) => schema

/** Without properties that the other side alone may write: `readOnly` ones are not sent, `writeOnly` ones not answered. */
export const without =
  (flag: 'readOnly' | 'writeOnly', dialect: Dialect): Dialect =>
  (schema) => {
    const own = dialect(schema)
    const { properties } = own
    if (!isMap(properties)) return own
    const gone = new Set(
      Object.keys(properties).filter((name) => {
        const property = properties[name]
        return isMap(property) && property[flag] === true
      }),
    )
    if (gone.size === 0) return own
    return {
      ...own,
      properties: Object.fromEntries(Object.entries(properties).filter(([name]) => !gone.has(name))),
      ...(Array.isArray(own['required']) && {
        required: own['required'].filter((name) => typeof name !== 'string' || !gone.has(name)),
      }),
    }
  }
