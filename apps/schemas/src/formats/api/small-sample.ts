import { joined, resolved, sample } from '../json/example/samples.ts'
import { listOf, mapOf } from '../json/json-keywords.ts'
import { isMap, type Json } from '../json-text.ts'

const partsMax = 2000
const depthMax = 12
const itemsMax = 20

/** A value that a schema probably allows, of so many parts at the most: what a schema requires may multiply at each level. */
export const smallSample = (schema: Json, root: Json): Json => make(schema, root, { left: partsMax }, 0)

function make(schema: Json, root: Json, budget: { left: number }, depth: number): Json {
  const at = resolved(schema, root)
  if (budget.left-- <= 0 || depth > depthMax || !isMap(at)) return 'x'
  const inner = (part: Json): Json => make(part, root, budget, depth + 1)
  const isSaid = ['const', 'enum', 'default'].some((key) => at[key] !== undefined)
  if (isSaid) return sample(at, root)
  const { allOf, anyOf, oneOf, ...rest } = at
  const parts = [
    ...listOf(allOf),
    ...listOf(oneOf).slice(0, 1),
    ...(oneOf === undefined ? listOf(anyOf).slice(0, 1) : []),
  ]
  if (parts.length > 0) {
    const own = Object.keys(rest).length > 0 ? [rest] : []
    return [...own, ...parts].map(inner).reduce((one, other) => joined(one, other), null)
  }
  const required = listOf(at['required']).filter((name) => typeof name === 'string')
  const type = Array.isArray(at['type']) ? at['type'][0] : at['type']
  if (type === 'object' || (type === undefined && (required.length > 0 || at['properties'] !== undefined))) {
    const properties = mapOf(at['properties'])
    return Object.fromEntries(
      required.map((name) => [name, inner(Object.hasOwn(properties, name) ? (properties[name] ?? true) : true)]),
    )
  }
  if (type !== 'array') return sample(at, root)
  const tuple = listOf(at['prefixItems'])
  const length = typeof at['minItems'] === 'number' ? Math.min(at['minItems'], itemsMax) : 0
  return Array.from({ length }, (_, index) => inner(tuple[index] ?? at['items'] ?? true))
}
