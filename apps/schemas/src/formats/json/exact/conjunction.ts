import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import { annotationKeywords, listOf, mapOf } from '../json-keywords.ts'
import { idOf, targetOf } from './links.ts'

/**
 * What holds of a payload all at once: schemas without references and `allOf`, which are taken apart. Leaving one of them
 * out allows more, never less: whatever is proven of the rest holds of the whole.
 */
export type Conjunction = {
  readonly parts: readonly JsonMap[]
  /** Schemas that speak of what the others beside them leave unevaluated: taken apart they can't, so they are kept. */
  readonly wholes: readonly JsonMap[]
  /** One of them allows nothing. */
  readonly isNever: boolean
  /** The same for the same parts. */
  readonly key: string
}

const applicators = ['$ref', 'allOf', 'anyOf', 'oneOf', 'if', 'dependentSchemas', 'dependencies', 'contains']
const unevaluated = ['unevaluatedProperties', 'unevaluatedItems']
/** How a payload's bytes are to be read is no annotation to whoever reads them. */
const meaningful: ReadonlySet<string> = new Set(['contentEncoding', 'contentMediaType', 'contentSchema'])
const isAnnotation = (key: string): boolean => annotationKeywords.has(key) && !meaningful.has(key)

const never = (): Conjunction => ({ parts: [], wholes: [], isNever: true, key: 'never' })

/** All of the schemas at once, and what is known of them as wholes. */
export function conjunctionOf(schemas: readonly Json[], kept: readonly JsonMap[] = []): Conjunction {
  const parts = new Map<string, JsonMap>()
  const pending = [...schemas]
  const met = new Set<JsonMap>()
  for (let schema = pending.pop(); schema !== undefined; schema = pending.pop()) {
    if (schema === false) return never()
    if (!isMap(schema) || met.has(schema)) continue
    met.add(schema)
    const target = targetOf(schema)
    if (target !== undefined) pending.push(target)
    pending.push(...listOf(schema['allOf']))
    const own = ownPart(schema)
    if (own) parts.set(idOf(own), own)
  }
  // What depends on a property that is there in any case holds in any case.
  const isObject = [...parts.values()].some((part) => part['type'] === 'object')
  const required = new Set(isObject ? [...parts.values()].flatMap((part) => listOf(part['required'])) : [])
  const depending = [...parts.values()].flatMap((part) =>
    ['dependentSchemas', 'dependencies'].flatMap((key) =>
      Object.entries(mapOf(part[key])).flatMap(([name, schema]) =>
        required.has(name) && !Array.isArray(schema) && !met.has(schema as JsonMap) && schema !== true ? [schema] : [],
      ),
    ),
  )
  if (depending.length > 0) return conjunctionOf([...schemas, ...depending], kept)
  const wholes = [...new Set([...kept, ...[...met].filter(isEntangled)])]
  const key = [...parts.keys(), ...wholes.map((whole) => `whole:${idOf(whole)}`)].toSorted().join(' ')
  return { parts: [...parts.values()], wholes, isNever: false, key }
}

export const joined = (one: Conjunction, ...more: readonly Json[]): Conjunction =>
  one.isNever ? one : conjunctionOf([...one.parts, ...more], one.wholes)

export const isEntangled = (schema: JsonMap): boolean =>
  unevaluated.some((key) => key in schema) && applicators.some((key) => key in schema)

const owned = new WeakMap<JsonMap, { readonly part: JsonMap | undefined }>()

/** What a schema says itself, without its references and `allOf`; the very object again for the same schema. */
function ownPart(schema: JsonMap): JsonMap | undefined {
  const known = owned.get(schema)
  if (known) return known.part
  const entangled = applicators.some((key) => key in schema)
  const kept = Object.entries(schema).filter(
    ([key]) => key !== '$ref' && key !== 'allOf' && !isAnnotation(key) && !(entangled && unevaluated.includes(key)),
  )
  const part =
    kept.length === 0 ? undefined : kept.length === Object.keys(schema).length ? schema : Object.fromEntries(kept)
  owned.set(schema, { part })
  if (part) owned.set(part, { part })
  return part
}

const stripped = new WeakMap<JsonMap, Map<string, JsonMap>>()

/** The conjunction with one of its parts changed: a keyword (and what goes with it) left out, and schemas added. */
export function instead(whole: Conjunction, part: JsonMap, without: readonly string[], ...added: Json[]): Conjunction {
  const known = stripped.get(part) ?? new Map<string, JsonMap>()
  stripped.set(part, known)
  const rest =
    known.get(without.join()) ?? Object.fromEntries(Object.entries(part).filter(([key]) => !without.includes(key)))
  known.set(without.join(), rest)
  return conjunctionOf([...whole.parts.filter((one) => one !== part), rest, ...added], whole.wholes)
}

const negations = new WeakMap<JsonMap, JsonMap>()

/** `{ not: schema }`, the very object again for the same schema. */
export function negated(schema: Json): Json {
  if (!isMap(schema)) return schema === false
  const made = negations.get(schema) ?? { not: schema }
  negations.set(schema, made)
  return made
}

const requirements = new Map<string, JsonMap>()

/** `{ required: [name] }`, the very object again for the same name. */
export function requiring(name: string): JsonMap {
  const made = requirements.get(name) ?? { required: [name], type: 'object' }
  if (requirements.size > 10_000) requirements.clear()
  requirements.set(name, made)
  return made
}
