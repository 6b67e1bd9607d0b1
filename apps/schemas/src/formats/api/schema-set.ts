import { invalid, isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { targetOf, valueAt } from './api-document.ts'

/** A JSON Schema in a description: what it is called among all, and where it stands. */
export type Place = { readonly key: string; readonly at: string; readonly schema: Json }
/** How a schema is written in a dialect, as JSON Schema 2020-12 has it; only itself, not what is in it. */
export type Dialect = (schema: JsonMap) => JsonMap

const draft = 'https://json-schema.org/draft/2020-12/schema'
const valuesMax = 300_000

const singles = [
  'items',
  'additionalProperties',
  'additionalItems',
  'unevaluatedProperties',
  'unevaluatedItems',
  'contains',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'contentSchema',
] as const
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'] as const
const maps = ['properties', 'patternProperties', 'dependentSchemas'] as const
/** Everything that a schema may say; what else stands there belongs to tools. */
const kept = [
  'type',
  'enum',
  'const',
  'title',
  'description',
  'default',
  'deprecated',
  'format',
  'required',
  'dependentRequired',
  'multipleOf',
  'maximum',
  'minimum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxContains',
  'minContains',
  'maxProperties',
  'minProperties',
  'contentEncoding',
  'contentMediaType',
  'confluent:tags',
] as const

type Work = {
  readonly root: JsonMap
  readonly dialect: Dialect
  readonly defs: Map<string, Json>
  /** Targets that were named and are still to be read. */
  readonly open: string[]
  left: number
}

/**
 * Some places as one JSON Schema: an object with a property for each, which holds what the place says; all that they
 * refer to is under `$defs`, by the same names in each version of a description.
 */
export function standalone(root: JsonMap, places: Iterable<Place>, dialect: Dialect): JsonMap {
  const work: Work = { root, dialect, defs: new Map(), open: [], left: valuesMax }
  const properties: JsonMap = {}
  for (const { key, at, schema } of places) properties[key] = convert(schema, at, work)
  for (let target = work.open.pop(); target !== undefined; target = work.open.pop())
    work.defs.set(nameOf(target), convert(valueAt(root, target) ?? true, target, work))
  return {
    $schema: draft,
    type: 'object',
    additionalProperties: false,
    properties,
    ...(work.defs.size > 0 && { $defs: Object.fromEntries(work.defs) }),
  }
}

const nameOf = (target: string): string => target.replace(/^\/components\/schemas\/([^/]+)$/, '$1')
/** The place that a name under `$defs` stands for. */
export const targetNamed = (name: string): string =>
  name.startsWith('/') || name === '' ? name : `/components/schemas/${name}`

function convert(schema: Json, at: string, work: Work): Json {
  if (work.left-- <= 0) throw invalid(at, 'its schemas, with what they refer to, are too large')
  if (typeof schema === 'boolean') return schema
  if (!isMap(schema)) throw invalid(at, 'a schema is an object')
  for (const key of ['$dynamicRef', '$recursiveRef'])
    if (schema[key] !== undefined)
      throw invalid(pointer(at, key), `${key} is not supported; refer by place, as in #/components/schemas/Name`)
  const own = work.dialect(schema)
  const copy: JsonMap = {}
  if (typeof own['$ref'] === 'string') copy['$ref'] = refer(own['$ref'], pointer(at, '$ref'), work)
  for (const key of kept) if (own[key] !== undefined) copy[key] = own[key]
  for (const key of singles) {
    const inner = own[key]
    if (inner !== undefined) copy[key] = convert(inner, pointer(at, key), work)
  }
  for (const key of lists) {
    const inner = own[key]
    if (Array.isArray(inner)) copy[key] = inner.map((item, index) => convert(item, pointer(at, key, index), work))
  }
  for (const key of maps) {
    const inner = own[key]
    if (!isMap(inner)) continue
    copy[key] = Object.fromEntries(
      Object.entries(inner).map(([name, item]) => [name, convert(item, pointer(at, key, name), work)]),
    )
  }
  return copy
}

function refer(reference: string, at: string, work: Work): string {
  const target = targetOf(reference)
  const value = valueAt(work.root, target)
  if (typeof value !== 'boolean' && !isMap(value)) throw invalid(at, `'${reference.slice(0, 100)}' leads to no schema`)
  const name = nameOf(target)
  if (!work.defs.has(name)) {
    work.defs.set(name, true) // its place, until it is read
    work.open.push(target)
  }
  return `#${pointer('', '$defs', name)
    .split('/')
    .map((token) => encodeURIComponent(token).replaceAll('%24', '$'))
    .join('/')}`
}
