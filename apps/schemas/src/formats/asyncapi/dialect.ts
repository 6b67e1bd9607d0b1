import { listOf, mapOf } from '../json/json-keywords.ts'
import { isMap, type JsonMap } from '../json-text.ts'
import type { Dialect } from '../api/schema-set.ts'

/** JSON Schema draft 7, which AsyncAPI's own dialect is made of, as 2020-12 writes it. */
export const dialect07: Dialect = (schema) => {
  // Beside a reference, nothing counts before 2019-09.
  if (typeof schema['$ref'] === 'string') return { $ref: schema['$ref'] }
  const { items, additionalItems, dependencies, ...rest } = schema
  const copy: JsonMap = { ...rest }
  if (Array.isArray(items)) {
    copy['prefixItems'] = items
    if (additionalItems !== undefined) copy['items'] = additionalItems
  } else if (items !== undefined) copy['items'] = items
  if (!isMap(dependencies)) return copy
  const entries = Object.entries(dependencies)
  copy['dependentRequired'] = {
    ...mapOf(rest['dependentRequired']),
    ...Object.fromEntries(
      entries.filter(([, value]) => Array.isArray(value)).map(([name, value]) => [name, [...listOf(value)]]),
    ),
  }
  copy['dependentSchemas'] = {
    ...mapOf(rest['dependentSchemas']),
    ...Object.fromEntries(entries.filter(([, value]) => !Array.isArray(value))),
  }
  return copy
}
