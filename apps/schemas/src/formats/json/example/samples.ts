import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import { listOf, mapOf } from '../json-keywords.ts'
import { followed } from '../json-references.ts'
import { matching } from './matching.ts'

const depthMax = 6
const candidatesMax = 40
/** Arrays and texts of a schema's own choice may be long; examples that are don't explain anything. */
const lengthMax = 200

/** A schema behind its references. */
export function resolved(schema: Json, root: Json): Json {
  let at = schema
  for (let hops = 0; hops < 50 && isMap(at) && typeof at['$ref'] === 'string'; hops++) {
    const { $ref, ...beside } = at
    const target = followed(root, $ref)
    at = isMap(target) ? { ...target, ...beside } : target
  }
  return at
}

/** Of all values of one payload: a type that has itself in each of its properties would be six levels of all of them. */
const valuesMax = 300
type Budget = { left: number }

/** One payload that a schema probably allows, as small as can be: validators have the last word. */
export function sample(schema: Json, root: Json, depth = 0, budget: Budget = { left: valuesMax }): Json {
  const at = resolved(schema, root)
  if (!isMap(at) || depth > depthMax || --budget.left < 0) return 'x'
  if ('const' in at) return at['const'] ?? null
  const [first] = [...listOf(at['examples']), ...listOf(at['enum'])]
  if (first !== undefined) return first
  if (at['default'] !== undefined) return at['default']
  const branch = listOf(at['oneOf'])[0] ?? listOf(at['anyOf'])[0]
  const parts = [...listOf(at['allOf']), ...(branch === undefined ? [] : [branch])]
  if (parts.length > 0) {
    const { oneOf: _one, anyOf: _any, allOf: _all, ...rest } = at
    const all = [rest, ...parts].filter((part) => isMap(part) && Object.keys(resolved(part, root) ?? {}).length > 0)
    return all.map((part) => sample(part, root, depth + 1, budget)).reduce((one, other) => joined(one, other), null)
  }
  return ofType(typeOf(at), at, root, depth, budget)
}

/** Two samples of schemas that both hold: of objects, all properties. */
export const joined = (one: Json, other: Json): Json =>
  isMap(one) && isMap(other) ? { ...one, ...other } : (other ?? one)

const hints: readonly (readonly [string, RegExp])[] = [
  ['object', /^(?:properties|required|.*Properties|dependen.*|propertyNames)$/],
  ['array', /^(?:items|.*Items|.*[cC]ontains)$/],
  ['string', /^(?:minLength|maxLength|pattern|format)$/],
  ['number', /^(?:minimum|maximum|exclusiveM.*|multipleOf)$/],
]

function typeOf(schema: JsonMap): string {
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type']
  if (typeof type === 'string') return type
  return hints.find(([, keys]) => Object.keys(schema).some((key) => keys.test(key)))?.[0] ?? 'string'
}

function ofType(type: string, schema: JsonMap, root: Json, depth: number, budget: Budget = { left: valuesMax }): Json {
  if (type === 'object') {
    const properties = mapOf(schema['properties'])
    const names = listOf(schema['required']).map(String)
    return Object.fromEntries(names.map((name) => [name, sample(properties[name] ?? true, root, depth + 1, budget)]))
  }
  if (type === 'array') return items(schema, root, depth, budget)
  if (type === 'boolean') return true
  if (type === 'null') return null
  return (type === 'string' ? strings(schema) : numbers(schema, type))[0] ?? 'x'
}

function items(schema: JsonMap, root: Json, depth: number, budget: Budget = { left: valuesMax }): Json[] {
  const tuple = Array.isArray(schema['items']) ? schema['items'] : listOf(schema['prefixItems'])
  const rest = Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items']
  const length = Math.min(Number(schema['minItems'] ?? (schema['contains'] === undefined ? 0 : 1)), lengthMax)
  return Array.from({ length }, (_, index) => {
    const item = sample(tuple[index] ?? schema['contains'] ?? rest ?? true, root, depth + 1, budget)
    return schema['uniqueItems'] === true && typeof item === 'string' ? `${item}${index}` : item
  })
}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-01-31T12:00:00Z',
  date: '2026-01-31',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'ana@example.org',
  uuid: '6f1c2f5e-9a1b-4c8d-8e2f-0a1b2c3d4e5f',
  uri: 'https://example.org/a',
  hostname: 'example.org',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
}
/** Texts of many kinds, one of which often satisfies a pattern that somebody wrote for identifiers, codes or numbers. */
const texts = [
  'x',
  'X',
  'a',
  '1',
  '0',
  'abc',
  'ABC',
  'EUR',
  '123',
  'ab12',
  'a-b',
  'a b',
  '2026-01-31',
  '1.5',
  '+4912345',
  '',
]

function strings(schema: JsonMap): string[] {
  const [min, max] = [Number(schema['minLength'] ?? 0), Number(schema['maxLength'] ?? lengthMax)]
  const lengths = [min, max, max + 1, min - 1].filter((length) => length >= 0 && length <= lengthMax * 10)
  const format = typeof schema['format'] === 'string' ? formats[schema['format']] : undefined
  const sized = schema['minLength'] === undefined && schema['maxLength'] === undefined ? [] : lengths
  const pattern = typeof schema['pattern'] === 'string' ? [matching(schema['pattern'])] : []
  return [...pattern, ...(format === undefined ? [] : [format]), ...sized.map((length) => 'x'.repeat(length)), ...texts]
}

function numbers(schema: JsonMap, type: string): number[] {
  const limits = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].flatMap((key) =>
    typeof schema[key] === 'number' ? [schema[key]] : [],
  )
  const step = Number(schema['multipleOf'] ?? 1)
  const near = limits.flatMap((limit) => [limit, limit + 1, limit - 1, limit + 0.5, limit - 0.5])
  const all = [...near, 0, 1, step, 2 * step, 3 * step, 1.5, -1, -1_000, 1_000_000]
  const [low, high] = [Number(schema['minimum'] ?? -Infinity), Number(schema['maximum'] ?? Infinity)]
  const fits = (value: number): boolean =>
    value >= low && value <= high && (type !== 'integer' || Number.isInteger(value)) && value % step === 0
  return all.toSorted((a, b) => Number(fits(b)) - Number(fits(a)))
}

const anything: readonly Json[] = ['x', 1, 1.5, true, null, {}, [], '', -1]

/** Payloads at the edges of what a schema allows, and of other types: some within it, some not. */
export function candidates(schema: Json, root: Json, depth = 0): Json[] {
  const at = resolved(schema, root)
  if (!isMap(at) || depth > 2) return [...anything]
  const branches = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => listOf(at[key]))
  const values = 'const' in at ? [at['const'] ?? null] : listOf(at['enum'])
  const kinds = Array.isArray(at['type']) ? at['type'].map(String) : [typeOf(at)]
  const own = kinds.flatMap((kind): Json[] => {
    if (kind === 'string') return strings(at).slice(0, 8)
    if (kind === 'number' || kind === 'integer') return numbers(at, kind).slice(0, 20)
    if (kind === 'array') return arrays(at, root, depth)
    return kind === 'object' ? objects(at, root, depth) : []
  })
  if (at['if'] !== undefined) branches.push(at['if'], at['then'] ?? true, at['else'] ?? true)
  const inner = branches
    .slice(0, 10)
    .flatMap((branch) => [sample(branch, root), ...candidates(branch, root, depth + 1)])
  return [...values, sample(at, root, depth), ...own, ...inner, ...listOf(at['examples']), ...anything].slice(
    0,
    candidatesMax * 2,
  )
}

function arrays(schema: JsonMap, root: Json, depth: number): Json[] {
  const base = items(schema, root, depth)
  const item = Array.isArray(schema['items'])
    ? 'x'
    : sample(schema['items'] ?? schema['contains'] ?? true, root, depth + 1)
  const more = (count: number): Json[] => Array.from({ length: Math.min(Math.max(count, 0), lengthMax) }, () => item)
  const limits = ['minItems', 'maxItems', 'minContains', 'maxContains'].flatMap((key) =>
    typeof schema[key] === 'number' ? [schema[key], schema[key] + 1, schema[key] - 1] : [],
  )
  const contained = schema['contains'] === undefined ? [] : candidates(schema['contains'], root, depth + 1).slice(0, 12)
  return [base, ...contained.map((one) => [one]), ...limits.map(more), more(1), more(2), [], ['x', 1], [{}, null]]
}

/** For each property that others depend on, it and those. */
function dependent(schema: JsonMap, least: JsonMap, root: Json): JsonMap[] {
  const properties = mapOf(schema['properties'])
  return ['dependencies', 'dependentRequired', 'dependentSchemas'].flatMap((keyword) =>
    Object.entries(mapOf(schema[keyword]))
      .slice(0, 10)
      .map(([name, others]) => {
        const names = [name, ...listOf(others).filter((other) => typeof other === 'string')]
        return { ...least, ...Object.fromEntries(names.map((one) => [one, sample(properties[one] ?? true, root, 2)])) }
      }),
  )
}

function objects(schema: JsonMap, root: Json, depth: number): Json[] {
  const least = mapOf(ofType('object', schema, root, depth))
  const properties = mapOf(schema['properties'])
  const names = Object.keys(properties).slice(0, 30)
  const full = Object.fromEntries(names.map((name) => [name, sample(properties[name] ?? true, root, depth + 1)]))
  const extra = (count: number): JsonMap => ({
    ...least,
    ...Object.fromEntries(Array.from({ length: count }, (_, index) => [`other${index + 1}`, 1])),
  })
  const limits = ['minProperties', 'maxProperties'].flatMap((key) =>
    typeof schema[key] === 'number' && schema[key] < lengthMax ? [schema[key], schema[key] + 1] : [],
  )
  const missing = Object.keys(least)
    .slice(0, candidatesMax)
    .map((name) => Object.fromEntries(Object.entries(least).filter(([key]) => key !== name)))
  const named = strings(mapOf(schema['propertyNames']))
    .slice(0, 6)
    .map((name) => ({ ...least, [name]: 1 }))
  return [
    least,
    full,
    ...(schema['propertyNames'] === undefined ? [] : named),
    ...dependent(schema, least, root),
    extra(1),
    { ...least, other1: {} },
    ...limits.map(extra),
    ...missing,
    {},
  ]
}
