import type { Source } from '../format.ts'
import { invalid, isMap, pointer, readJson, type Json, type JsonMap } from '../json-text.ts'
import { counted, dialectOf, TooManySteps, type Dialect } from './json-dialects.ts'
import { inPlace, isExpected, isSchema, mapOf, rewritten, subschemas } from './json-keywords.ts'
import { patternOf } from './json-patterns.ts'
import {
  absolute,
  followed,
  homeUri,
  locate,
  nameAll,
  namesOf,
  referenceTo,
  tokensOf,
  valueAt,
  type Names,
} from './json-references.ts'

/**
 * A schema and all that it refers to as one document: every `$ref` in `root` is `#` and a JSON pointer into it, so that
 * nobody who reads it needs names, bases, or anything from outside.
 */
export type JsonDocument = {
  readonly text: string
  /** How many values there are in it and its references. */
  readonly values: number
  readonly dialect: Dialect
  readonly root: boolean | JsonMap
  /** JSON pointers of what references lead to. */
  readonly targets: ReadonlySet<string>
}

const charactersMax = 1_048_576
const valuesMax = 100_000
/** Chains of references longer than this serve no reader, and everything that follows them would need as deep a stack. */
const chainMax = 500
/** Meta-schemas compare each value of a list with each other one. */
const comparisonsMax = 20_000_000
/** Instructions of all patterns, and as if each had some more: compiling one takes up to a millisecond. */
const patternsMax = 100_000
const patternLeast = 50

/** Reads a document and its references; throws schemas.schema_invalid with the place. */
export function readDocument({ text, references }: Source): JsonDocument {
  const size = references.reduce((sum, reference) => sum + reference.text.length, text.length)
  if (size > charactersMax) throw invalid('', `with its references it has more than ${charactersMax} characters`)
  const schema = readSchema(text)
  const dialect = dialectOf(schema)
  if (!isMap(schema)) return { text, dialect, values: 1, root: schema, targets: new Set() }

  const idKey = dialect.name === '4' ? 'id' : '$id'
  const names = namesOf()
  const held: JsonMap = {}
  const base = absolute(typeof schema[idKey] === 'string' ? schema[idKey] : '', homeUri) ?? homeUri
  for (const [index, reference] of references.entries()) {
    const other = readReference(reference.text, reference.name, dialect)
    const at = pointer('', '$defs', `reference:${index}`)
    const id = isMap(other) && typeof other[idKey] === 'string' ? other[idKey] : ''
    const uri = absolute(reference.name, base) ?? `${homeUri}${reference.name}`
    held[`reference:${index}`] = other
    nameAll(names, other, at, absolute(id, uri) ?? uri, idKey)
    for (const name of [uri, `${homeUri}${reference.name}`])
      if (!names.resources.has(name)) names.resources.set(name, at)
  }
  // References come first, so that none takes the place of the document itself.
  nameAll(names, schema, '', base, idKey)
  const whole = references.length === 0 ? schema : { ...schema, $defs: { ...mapOf(schema['$defs'] ?? null), ...held } }
  refusePatterns(whole)
  const targets = new Set<string>()
  const root = rewritten(whole, (inner, at) => pointed(known(inner, dialect), at, whole, names, targets))
  refuseUnknown(targets, root, dialect)
  refuseEndless(root)
  return { text, dialect, values: countOf(whole), root, targets }
}

function readSchema(text: string): boolean | JsonMap {
  const schema = readJson(text)
  if (!isSchema(schema)) throw invalid('', 'a JSON Schema is an object, or true or false')
  if (countOf(schema) > valuesMax) throw invalid('', `it has more than ${valuesMax} values`)
  if (comparisonsOf(schema) > comparisonsMax) throw invalid('', 'its enums list more values than can be compared')
  validateSchema(schema, dialectOf(schema))
  return schema
}

function readReference(text: string, name: string, dialect: Dialect): boolean | JsonMap {
  const schema = readSchema(text)
  const own = isMap(schema) && schema['$schema'] !== undefined ? dialectOf(schema).name : dialect.name
  if (own !== dialect.name)
    throw invalid('', `${name.slice(0, 80)} is written in another draft; use one draft in a schema and its references`)
  return schema
}

function countOf(value: Json): number {
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid('', 'it has a number that no double holds')
  const inner = Array.isArray(value) ? value : isMap(value) ? Object.values(value) : []
  return inner.reduce<number>((sum, item) => sum + countOf(item), 1)
}

/** How many pairs of values there are in lists whose values must differ. */
function comparisonsOf(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + comparisonsOf(item), 0)
  if (!isMap(value)) return 0
  const lists = [value['enum'], value['type']].filter(Array.isArray)
  const own = lists.reduce((sum, list) => sum + list.length ** 2, 0)
  return Object.values(value).reduce<number>((sum, item) => sum + comparisonsOf(item), own)
}

function isCounted(run: () => boolean): boolean {
  try {
    return counted(run)
  } catch (error) {
    if (error instanceof TooManySteps) throw invalid('', 'its names are too long to be checked')
    throw error
  }
}

function validateSchema(schema: boolean | JsonMap, { ajv }: Dialect): void {
  const validator = ajv()
  if (isCounted(() => validator.validateSchema(schema) === true)) return
  const [first] = validator.errors ?? []
  throw invalid(first?.instancePath ?? '', first?.message ?? 'it is no JSON Schema')
}

/**
 * What no meta-schema has looked at, as it stands where the draft expects no schema, is looked at when something refers to
 * it: what it holds would otherwise reach the validator as it is.
 */
function refuseUnknown(targets: ReadonlySet<string>, root: JsonMap, dialect: Dialect): void {
  let values = 0
  for (const target of targets) {
    const schema = valueAt(root, target)
    if (!isSchema(schema)) throw invalid(target, 'a reference leads into a keyword that this draft takes no notice of')
    if (isExpected(tokensOf(target), dialect.name.length === 4)) continue
    values += countOf(schema)
    if (values > valuesMax)
      throw invalid(target, 'too much is referred to where no schema is expected; put it under "$defs"')
    validateSchema(schema, dialect)
  }
}

/** A schema without what its draft takes no notice of. */
const known = (schema: JsonMap, { ignored }: Dialect): JsonMap =>
  Object.keys(schema).some((key) => ignored.has(key))
    ? Object.fromEntries(Object.entries(schema).filter(([key]) => !ignored.has(key)))
    : schema

const referring = ['$ref', '$dynamicRef', '$recursiveRef'] as const

/** The same schema with its reference as a JSON pointer of the whole. */
function pointed(schema: JsonMap, at: string, whole: JsonMap, names: Names, targets: Set<string>): JsonMap {
  if (Array.isArray(schema['enum']) && schema['enum'].length === 0) throw invalid(at, 'an enum lists one value or more')
  const [key, second] = referring.filter((one) => typeof schema[one] === 'string')
  if (key === undefined) return schema
  if (second !== undefined) throw invalid(at, `${key} beside ${second} is not supported; put one of them into "allOf"`)
  const { [key]: written, ...rest } = schema
  const reference = typeof written === 'string' ? written : ''
  const place = pointer(at, key)
  if (key !== '$ref' && names.ambiguous.has(reference.slice(reference.indexOf('#') + 1)))
    throw invalid(place, `${reference.slice(0, 80)} has several meanings; use $ref to the one that is meant`)
  const target = locate(names, reference, at)
  if (target === undefined || !isSchema(valueAt(whole, target)))
    throw invalid(
      place,
      `${reference.slice(0, 80)} names nothing in the schema or its references; put what it names under "$defs", or register it and refer to it by name (nothing is fetched)`,
    )
  targets.add(target)
  return { $ref: referenceTo(target), ...rest }
}

function refusePatterns(whole: JsonMap): void {
  const sizes = new Map<string, number>()
  let sum = 0
  rewritten(whole, (schema, at) => {
    for (const source of [schema['pattern'], ...Object.keys(mapOf(schema['patternProperties']))]) {
      if (typeof source !== 'string' || sizes.has(source)) continue
      const size = patternLeast + sizeOf(source, at)
      sizes.set(source, size)
      sum += size
      if (sum > patternsMax) throw invalid(at, 'its patterns are too many, or too large, to be run; repeat less')
    }
    return schema
  })
}

function sizeOf(source: string, at: string): number {
  try {
    return patternOf(source).size
  } catch (error) {
    throw invalid(
      at,
      `the pattern ${source.slice(0, 80)} can't be run in a time that grows only with the text (${error instanceof Error ? error.message.slice(0, 120) : ''}); write it without it`,
    )
  }
}

/** A schema that asks itself about the same place of the payload never comes to an answer. */
function refuseEndless(root: JsonMap): void {
  const state = new Map<JsonMap, 'asking' | 'done'>()
  const ask = (schema: JsonMap, depth: number): void => {
    if (state.get(schema) === 'done') return
    if (state.get(schema) === 'asking')
      throw invalid('', 'a reference leads back to itself without going into the payload')
    if (depth > chainMax) throw invalid('', `references and choices form a chain of more than ${chainMax}`)
    state.set(schema, 'asking')
    const target = typeof schema['$ref'] === 'string' ? followed(root, schema['$ref']) : undefined
    for (const next of [...inPlace(schema), ...(isMap(target) ? [target] : [])]) ask(next, depth + 1)
    state.set(schema, 'done')
  }
  const all = [root]
  for (let schema = all.pop(); schema !== undefined; schema = all.pop()) {
    ask(schema, 0)
    for (const inner of subschemas(schema)) if (isMap(inner.schema)) all.push(inner.schema)
  }
}
