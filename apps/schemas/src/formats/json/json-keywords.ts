import { isMap, pointer, type Json, type JsonMap } from '../json-text.ts'

/** Keywords whose value is data, in which nothing is a schema, whatever it looks like. */
const dataKeywords = new Set(['const', 'enum', 'examples', 'default', 'required', 'type', 'dependentRequired'])
/** Keywords whose value has schemas under names that its writer chose. */
const mapKeywords = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
])

/** Keywords that say nothing about which payloads are valid. */
export const annotationKeywords: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  'id',
  '$anchor',
  '$dynamicAnchor',
  '$recursiveAnchor',
  '$comment',
  '$defs',
  '$vocabulary',
  'definitions',
  'title',
  'description',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'contentEncoding',
  'contentMediaType',
  'contentSchema',
])

/** Schemas that are asked about the same place of a payload as the one that they stand in. */
const inPlaceLists = ['allOf', 'anyOf', 'oneOf'] as const
const inPlaceSingles = ['not', 'if', 'then', 'else'] as const
const inPlaceMaps = ['dependentSchemas', 'dependencies'] as const

export const mapOf = (value: Json | undefined): JsonMap => (isMap(value) ? value : {})
export const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
export const isSchema = (value: Json | undefined): value is boolean | JsonMap =>
  typeof value === 'boolean' || isMap(value)
export const own = (map: JsonMap, key: string): Json | undefined => (Object.hasOwn(map, key) ? map[key] : undefined)

/** The places directly under a schema that hold schemas; an unknown keyword's value is taken for one, as references go there. */
export function subschemas(schema: JsonMap): { tokens: string[]; schema: boolean | JsonMap }[] {
  return Object.entries(schema).flatMap(([key, value]) => {
    if (dataKeywords.has(key)) return []
    if (Array.isArray(value)) {
      return value.flatMap((item, index) => (isSchema(item) ? [{ tokens: [key, String(index)], schema: item }] : []))
    }
    if (!isMap(value)) return []
    if (!mapKeywords.has(key)) return [{ tokens: [key], schema: value }]
    return Object.entries(value).flatMap(([name, item]) =>
      isSchema(item) ? [{ tokens: [key, name], schema: item }] : [],
    )
  })
}

/** The same schema with each of its schemas changed, the inner ones first. */
export function rewritten(schema: JsonMap, change: (schema: JsonMap, at: string) => JsonMap, at = ''): JsonMap {
  const copy: JsonMap = { ...schema }
  const owned = new Set<string>()
  for (const { tokens, schema: inner } of subschemas(schema)) {
    if (!isMap(inner)) continue
    const [key = '', name] = tokens
    const value = rewritten(inner, change, pointer(at, ...tokens))
    if (name === undefined) {
      copy[key] = value
      continue
    }
    const container = copy[key]
    if (container === undefined || container === null || typeof container !== 'object') continue
    const fresh = owned.has(key) ? container : Array.isArray(container) ? [...container] : { ...container }
    owned.add(key)
    if (Array.isArray(fresh)) fresh[Number(name)] = value
    else fresh[name] = value
    copy[key] = fresh
  }
  return change(copy, at)
}

/** The schemas that are asked about the same place of the payload, references not followed. */
export function inPlace(schema: JsonMap): JsonMap[] {
  return [
    ...inPlaceLists.flatMap((key) => listOf(schema[key])),
    ...inPlaceSingles.map((key) => schema[key] ?? null),
    ...inPlaceMaps.flatMap((key) => Object.values(mapOf(schema[key]))),
  ].filter(isMap)
}

const nested = new Set([
  ...inPlaceLists,
  ...inPlaceSingles,
  'items',
  'prefixItems',
  'additionalItems',
  'unevaluatedItems',
  'contains',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
])

/** Whether a JSON pointer leads only through places where a draft (`hasDefs`: since 2019-09) expects schemas. */
export function isExpected(tokens: readonly string[], hasDefs: boolean): boolean {
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] ?? ''
    const isBundled = at === 0 && tokens[1]?.startsWith('reference:') === true
    if (mapKeywords.has(token) && (token !== '$defs' || hasDefs || isBundled)) at++
    else if (!nested.has(token)) return false
    else if (/^\d+$/.test(tokens[at + 1] ?? '')) at++
  }
  return true
}
