import { canonical, isMap, type Json, type JsonMap } from '../../json-text.ts'

const made = new Map<string, JsonMap>()
const facts = new WeakSet<JsonMap>()
const madeMax = 10_000

export const isConstant = (schema: JsonMap): boolean => facts.has(schema)

/** A schema that allows one value, and says so in every keyword that can; the very object again for the same value. */
export function constantOf(value: Json): JsonMap {
  const key = canonical(value)
  const known = made.get(key)
  if (known) return known
  const schema: JsonMap = { const: value, ...described(value) }
  facts.add(schema)
  if (made.size >= madeMax) made.clear()
  made.set(key, schema)
  return schema
}

function described(value: Json): JsonMap {
  if (typeof value === 'string') {
    const { length } = Array.from(value) // in code points, as validators count
    return { type: 'string', minLength: length, maxLength: length }
  }
  if (typeof value === 'number') return { type: 'number', minimum: value, maximum: value }
  if (Array.isArray(value)) {
    const uniqueItems = new Set(value.map(canonical)).size === value.length
    const [minItems, maxItems] = [value.length, value.length]
    return { type: 'array', prefixItems: value.map(constantOf), items: false, minItems, maxItems, uniqueItems }
  }
  if (!isMap(value)) return {}
  const required = Object.keys(value)
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(value).map(([name, item]) => [name, constantOf(item)])),
    required,
    additionalProperties: false,
    minProperties: required.length,
    maxProperties: required.length,
  }
}
