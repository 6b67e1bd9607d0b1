import { canonical, same, type Json, type JsonMap } from '../../json-text.ts'
import { listOf, mapOf, own } from '../json-keywords.ts'
import { patternOf } from '../json-patterns.ts'
import { conjunctionOf, type Conjunction } from './conjunction.ts'

/** Types that have no value in common: a number is an integer or a fraction. */
const types = ['null', 'boolean', 'object', 'array', 'string', 'integer', 'fraction'] as const
export type Type = (typeof types)[number]

function typeOfValue(value: Json): Type {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction'
  return typeof value as 'boolean' | 'object' | 'string'
}

/** What a schema's `type` allows. */
export function typesAllowed(schema: JsonMap): ReadonlySet<Type> {
  const { type } = schema
  if (type === undefined) return new Set(types)
  const named = new Set(Array.isArray(type) ? type : [type])
  return new Set(
    types.filter((one) => named.has(one) || (named.has('number') && (one === 'integer' || one === 'fraction'))),
  )
}

export function enumOf(schema: JsonMap): readonly Json[] | undefined {
  if ('const' in schema) {
    const value = schema['const'] ?? null
    return Array.isArray(schema['enum']) && !schema['enum'].some((one) => same(one, value)) ? [] : [value]
  }
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined
}

const listed = new WeakMap<Conjunction, { readonly values: readonly Json[] | undefined }>()

/** The values that are possible at all, where they are listed. */
export function valuesOf(whole: Conjunction): readonly Json[] | undefined {
  const made = listed.get(whole) ?? { values: valuesAmong(whole) }
  listed.set(whole, made)
  return made.values
}

function valuesAmong({ parts }: Conjunction): readonly Json[] | undefined {
  let values: readonly Json[] | undefined
  for (const part of parts) {
    const own = enumOf(part)
    if (own === undefined) continue
    const texts = new Set(own.map(canonical))
    values = values === undefined ? own : values.filter((value) => texts.has(canonical(value)))
  }
  if (values === undefined) return undefined
  const allowed = typesNamed(parts)
  return values.filter((value) => allowed.has(typeOfValue(value)))
}

function typesNamed(parts: readonly JsonMap[]): ReadonlySet<Type> {
  let result: ReadonlySet<Type> | undefined
  for (const part of parts) {
    if (part['type'] === undefined) continue
    const own = typesAllowed(part)
    result = result === undefined ? own : new Set([...result].filter((type) => own.has(type)))
  }
  return result ?? new Set(types)
}

const known = new WeakMap<Conjunction, ReadonlySet<Type>>()

export function typesOf(whole: Conjunction): ReadonlySet<Type> {
  if (whole.isNever) return new Set()
  const made = known.get(whole)
  if (made) return made
  const values = valuesOf(whole)
  const found = values === undefined ? typesNamed(whole.parts) : new Set(values.map(typeOfValue))
  known.set(whole, found)
  return found
}

export const may = (whole: Conjunction, ...wanted: readonly Type[]): boolean => {
  const possible = typesOf(whole)
  return wanted.some((type) => possible.has(type))
}

const numbersOf = ({ parts }: Conjunction, keyword: string): number[] =>
  parts.flatMap((part) => (typeof part[keyword] === 'number' ? [part[keyword]] : []))

/** The largest value of a limit from below, the smallest of one from above; undefined where there is none. */
export function limitOf(whole: Conjunction, keyword: string): number | undefined {
  const limits = numbersOf(whole, keyword)
  if (limits.length === 0) return undefined
  return keyword.startsWith('min') || keyword.startsWith('exclusiveMin') ? Math.max(...limits) : Math.min(...limits)
}

export type Edge = { readonly value: number; readonly isExclusive: boolean }

/** The lowest (sign -1) or highest (sign 1) number that is possible; for whole numbers never an exclusive one. */
export function edgeOf(whole: Conjunction, sign: -1 | 1): Edge | undefined {
  const [limit, exclusive] = sign === 1 ? ['maximum', 'exclusiveMaximum'] : ['minimum', 'exclusiveMinimum']
  const [closed, open] = [limitOf(whole, limit), limitOf(whole, exclusive)]
  const isExclusive = open !== undefined && (closed === undefined || sign * open <= sign * closed)
  const value = isExclusive ? open : closed
  if (value === undefined) return undefined
  if (may(whole, 'fraction')) return { value, isExclusive }
  const nearest = sign === 1 ? Math.floor(value) : Math.ceil(value)
  return { value: isExclusive && nearest === value ? value - sign : nearest, isExclusive: false }
}

export const requiredOf = ({ parts }: Conjunction): ReadonlySet<string> =>
  new Set(parts.flatMap((part) => listOf(part['required'])).filter((name) => typeof name === 'string'))

/** What is said of a property by name, by pattern, or of all others, in one schema. */
function saidOf(schema: JsonMap, name: string): readonly Json[] {
  const listed = own(mapOf(schema['properties']), name)
  const matched = Object.entries(mapOf(schema['patternProperties'])).flatMap(([source, said]) =>
    patternOf(source).test(name) ? [said] : [],
  )
  if (listed !== undefined || matched.length > 0) return [...(listed === undefined ? [] : [listed]), ...matched]
  return [restOf(schema)]
}

/** What is said of properties that neither names nor patterns of the schema speak of. */
export const restOf = (schema: JsonMap): Json =>
  schema['additionalProperties'] ?? schema['unevaluatedProperties'] ?? true

export const propertyOf = ({ parts }: Conjunction, name: string): Conjunction =>
  conjunctionOf(parts.flatMap((part) => saidOf(part, name)))

export const namesOf = ({ parts }: Conjunction): Set<string> =>
  new Set(parts.flatMap((part) => Object.keys(mapOf(part['properties']))))

/**
 * What may be said of a property that no part lists by name: each of the cases, of which one holds. `pattern` is one that the
 * name is known to match; `covered` are patterns of which it is known to match none.
 */
export function casesOfRest(
  { parts }: Conjunction,
  { pattern, covered }: { pattern?: string; covered?: ReadonlySet<string> },
): Conjunction[] {
  const certain: Json[] = []
  let cases: readonly Json[] = [true]
  for (const part of parts) {
    const patterns = mapOf(part['patternProperties'])
    const known = pattern === undefined ? undefined : own(patterns, pattern)
    const other = Object.entries(patterns).filter(([source]) => !covered?.has(source) && source !== pattern)
    if (known !== undefined) certain.push(known)
    else if (other.length === 0) certain.push(restOf(part))
    else if (cases.length === 1) cases = [restOf(part), ...other.map(([, said]) => said)]
  }
  return cases.map((one) => conjunctionOf([...certain, one]))
}

export const prefixOf = (schema: JsonMap): readonly Json[] =>
  Array.isArray(schema['items']) ? schema['items'] : listOf(schema['prefixItems'])

/** What is said of items after those that are listed. */
export const restItemsOf = (schema: JsonMap): Json =>
  (Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items']) ?? schema['unevaluatedItems'] ?? true

export const itemOf = ({ parts }: Conjunction, index: number): Conjunction =>
  conjunctionOf(parts.map((part) => prefixOf(part)[index] ?? restItemsOf(part)))

export const prefixLengthOf = ({ parts }: Conjunction): number =>
  parts.reduce((length, part) => Math.max(length, prefixOf(part).length), 0)
