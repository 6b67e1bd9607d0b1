import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import { listOf, mapOf } from '../json-keywords.ts'
import { joined, resolved, sample } from './samples.ts'

/** Where a difference is, found in one of the two schemas: what is said there, and how a payload gets a value there. */
export type Place = { readonly schema: Json; readonly put: (leaf: Json | undefined) => Json | undefined }

/** A value for `leaf` that leaves the property out. */
export const absent = undefined

/** Follows a difference's path through a schema, as far as it goes; around the value is the smallest sample. */
export function placeOf(schema: Json, tokens: readonly string[], root: Json): Place {
  const at = resolved(schema, root)
  const end: Place = { schema: at, put: (leaf) => leaf }
  const [keyword = '', name = '', ...rest] = tokens
  if (!isMap(at)) return end
  if (keyword === 'properties' || keyword === 'required' || keyword.startsWith('depend')) {
    const isProperty = keyword === 'properties'
    const inner = placeOf(mapOf(at['properties'])[name] ?? true, isProperty ? rest : [], root)
    if (keyword.startsWith('depend')) return dependency(at, name, root)
    return { schema: inner.schema, put: (leaf) => withProperty(base(at, root), name, inner.put(leaf)) }
  }
  if (keyword === 'patternProperties' || keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const isPattern = keyword === 'patternProperties'
    const inner = placeOf(
      (isPattern ? mapOf(at[keyword])[name] : at[keyword]) ?? true,
      isPattern ? rest : tokens.slice(1),
      root,
    )
    const free = isPattern ? name.replaceAll(/[^\w-]/g, '') || 'other' : 'other'
    return { schema: inner.schema, put: (leaf) => withProperty(base(at, root), free, inner.put(leaf)) }
  }
  if (['items', 'prefixItems', 'additionalItems', 'unevaluatedItems'].includes(keyword)) return item(at, tokens, root)
  if (keyword === 'then' || keyword === 'else') {
    const inner = placeOf(at[keyword] ?? true, tokens.slice(1), root)
    const supposed = keyword === 'then' ? sample(at['if'] ?? true, root) : null
    return { schema: inner.schema, put: (leaf) => around(supposed, inner.put(leaf)) }
  }
  if (keyword === 'allOf' || keyword === 'anyOf' || keyword === 'oneOf') {
    const inner = placeOf(listOf(at[keyword])[Number(name)] ?? true, rest, root)
    const { allOf: _all, anyOf: _any, oneOf: _one, ...own } = at
    const beside = Object.keys(mapOf(own['properties'])).length > 0 ? sample(own, root) : null
    return { schema: inner.schema, put: (leaf) => around(beside, inner.put(leaf)) }
  }
  return end
}

const around = (outer: Json, value: Json | undefined): Json | undefined =>
  value === undefined ? value : joined(outer, value)

const base = (schema: JsonMap, root: Json): JsonMap => mapOf(sample({ ...schema, type: 'object' }, root))

function withProperty(object: JsonMap, name: string, value: Json | undefined): JsonMap {
  const { [name]: _, ...others } = object
  return value === undefined ? others : { ...others, [name]: value }
}

/** A payload that has what others depend on. */
function dependency(schema: JsonMap, name: string, root: Json): Place {
  const value = sample(mapOf(schema['properties'])[name] ?? true, root)
  return { schema, put: (leaf) => ({ ...base(schema, root), ...(isMap(leaf) && leaf), [name]: value }) }
}

function item(schema: JsonMap, tokens: readonly string[], root: Json): Place {
  const [keyword = '', index = ''] = tokens
  const listed = /^\d+$/.test(index) && (keyword === 'prefixItems' || Array.isArray(schema['items']))
  const tuple = Array.isArray(schema['items']) ? schema['items'] : listOf(schema['prefixItems'])
  const at = listed ? Number(index) : tuple.length
  const own = (listed ? tuple[at] : Array.isArray(schema[keyword]) ? true : schema[keyword]) ?? true
  const inner = placeOf(own, tokens.slice(listed ? 2 : 1), root)
  return {
    schema: inner.schema,
    put(leaf) {
      const value = inner.put(leaf)
      const before = tuple.slice(0, at).map((other) => sample(other, root))
      while (before.length < Math.min(at, 100)) before.push('x')
      return value === undefined ? before : [...before, value]
    },
  }
}
