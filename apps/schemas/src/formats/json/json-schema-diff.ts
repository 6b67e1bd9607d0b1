import type { Incompatibility } from '../format.ts'
import { isMap, pointer, same, type Json, type JsonMap } from '../json-text.ts'
import { resolve } from './json-reference.ts'

// Longer than a file here usually is: the containment and its rules call each other, and are read together.

/**
 * Whether everything that the writer's schema allows is allowed by the reader's: containment, keyword by keyword.
 * Sound rather than complete: a change that is not understood counts as breaking, never as harmless.
 */
export function unreadable(reader: Json, writer: Json): Incompatibility[] {
  const definitions = (root: Json): Json => (isMap(root) ? [root['$defs'] ?? null, root['definitions'] ?? null] : [])
  const sharesDefinitions = same(definitions(reader), definitions(writer))
  return compare(reader, writer, '', {
    reader,
    writer,
    sharesDefinitions,
    seen: new Set(),
    budget: { steps: stepsMax },
  })
}

/** Nested choices multiply; what takes more comparisons than this is called breaking instead of being computed on. */
const stepsMax = 20_000

type Roots = { reader: Json; writer: Json; sharesDefinitions: boolean; seen: Set<string>; budget: { steps: number } }

/** The same text on both sides means the same only where the references in it lead to the same. */
const identical = (a: Json | undefined, b: Json | undefined, roots: Roots): boolean => {
  if (!same(a, b)) return false
  const references = [...JSON.stringify(a ?? null).matchAll(/"\$ref":"([^"]*)"/g)]
  return (
    references.length === 0 ||
    (roots.sharesDefinitions && references.every(([, to = '']) => /^#\/(?:\$defs|definitions)\//.test(to)))
  )
}

/** A reference that stands beside other keywords is one more branch of `allOf`. */
function unfold(schema: Json, root: Json): Json {
  if (!isMap(schema) || typeof schema['$ref'] !== 'string') return schema
  const { $ref, ...rest } = schema
  return { ...rest, allOf: [...(Array.isArray(rest['allOf']) ? rest['allOf'] : []), resolve(root, $ref) ?? true] }
}
type Rule = (reader: JsonMap, writer: JsonMap, path: string, roots: Roots) => Incompatibility[]

/** Keywords that say nothing about which data is valid. */
const annotations = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'format',
  'contentEncoding',
  'contentMediaType',
  '$anchor',
])

function follow(schema: Json, root: Json): Json {
  let at = schema
  for (
    let hops = 0;
    hops < 20 &&
    isMap(at) &&
    typeof at['$ref'] === 'string' &&
    Object.keys(at).every((key) => key === '$ref' || annotations.has(key));
    hops++
  ) {
    at = resolve(root, at['$ref']) ?? true
  }
  return at
}

const nothing = (schema: Json): boolean =>
  schema === false ||
  (isMap(schema) && isMap(schema['not'] ?? null) && Object.keys(schema['not'] as JsonMap).length === 0)
const anything = (schema: Json): boolean =>
  schema === true || (isMap(schema) && Object.keys(schema).every((key) => annotations.has(key)))

function compare(readerSchema: Json, writerSchema: Json, path: string, roots: Roots): Incompatibility[] {
  if (roots.budget.steps-- <= 0)
    return [
      {
        rule: 'TOO_COMPLEX',
        path,
        message:
          'the two can not be compared within the limits; make the schema simpler, or set the compatibility to NONE',
      },
    ]
  const reader = unfold(follow(readerSchema, roots.reader), roots.reader)
  const writer = unfold(follow(writerSchema, roots.writer), roots.writer)
  if (anything(reader) || nothing(writer)) return []
  if (nothing(reader))
    return [
      { rule: 'SCHEMA_NARROWED', path, message: 'nothing is allowed here any more; allow what was allowed before' },
    ]
  if (!isMap(reader)) return []
  const written = isMap(writer) ? writer : {}
  const pair = `${JSON.stringify(reader)}\n${JSON.stringify(written)}`
  if (roots.seen.has(pair)) return [] // a recursive schema: the pair is being compared further up
  const inner = { ...roots, seen: new Set(roots.seen).add(pair) }
  const problems = rules.flatMap((rule) => rule(reader, written, path, inner))
  // An `anyOf`/`oneOf` of the writer is read branch by branch where the reader as a whole did not say yes.
  for (const key of ['anyOf', 'oneOf'] as const) {
    const branches = written[key]
    if (problems.length > 0 && Array.isArray(branches) && branches.length <= 50) {
      const rest = Object.fromEntries(Object.entries(written).filter(([name]) => name !== key))
      const failing = branches
        .map((branch) => compare(reader, isMap(branch) ? merge(rest, branch) : rest, path, inner))
        .filter((found) => found.length > 0)
      if (failing.length === 0) return []
    }
  }
  return problems
}

/** Both at once; keywords that both have are left to `allOf`, which no rule takes for more than it says. */
const merge = (base: JsonMap, branch: JsonMap): JsonMap => ({
  ...base,
  ...branch,
  ...(base['properties'] !== undefined &&
    branch['properties'] !== undefined &&
    isMap(base['properties']) &&
    isMap(branch['properties']) && { properties: { ...base['properties'], ...branch['properties'] } }),
})

const allTypes = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']
const jsonType = (value: Json): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'integer'
          : 'number'
        : typeof value

function typesOf(schema: JsonMap): Set<string> {
  const type = schema['type']
  const values = enumOf(schema)
  const named =
    type === undefined
      ? values
        ? values.map(jsonType)
        : allTypes
      : Array.isArray(type)
        ? type.map(String)
        : [JSON.stringify(type).slice(1, -1)]
  return new Set(named.includes('number') ? [...named, 'integer'] : named)
}

const enumOf = (schema: JsonMap): Json[] | undefined =>
  'const' in schema ? [schema['const'] ?? null] : Array.isArray(schema['enum']) ? schema['enum'] : undefined
const number = (schema: JsonMap, key: string): number | undefined =>
  typeof schema[key] === 'number' ? schema[key] : undefined
const strings = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : [])
const map = (value: Json | undefined): JsonMap => (isMap(value) ? value : {})
const may = (schema: JsonMap, type: string): boolean => typesOf(schema).has(type)

const typeRule: Rule = (reader, writer, path) => {
  const read = typesOf(reader)
  const lost = [...typesOf(writer)].filter((type) => !read.has(type))
  if (lost.length === 0 || reader['type'] === undefined) return []
  return [
    {
      rule: writer['type'] === undefined ? 'TYPE_ADDED' : 'TYPE_NARROWED',
      path: pointer(path, 'type'),
      message: `${lost.join(', ')} was allowed and is not any more; add it to "type"`,
    },
  ]
}

const enumRule: Rule = (reader, writer, path) => {
  const read = enumOf(reader)
  if (!read) return []
  const written = enumOf(writer)
  const lost = written?.filter((value) => !read.some((other) => same(value, other)))
  if (lost?.length === 0) return []
  const what = lost
    ? lost
        .slice(0, 5)
        .map((value) => JSON.stringify(value))
        .join(', ')
    : 'any value'
  return [
    {
      rule: written ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_ADDED',
      path: pointer(path, 'const' in reader ? 'const' : 'enum'),
      message: `${what} was allowed and is not any more; keep it`,
    },
  ]
}

/** [keyword, the type it speaks of, `max`: a larger reader's value allows more; `min`: a smaller one does]. */
const bounds: readonly (readonly [string, string, 'max' | 'min'])[] = [
  ['maxLength', 'string', 'max'],
  ['minLength', 'string', 'min'],
  ['maxItems', 'array', 'max'],
  ['minItems', 'array', 'min'],
  ['maxProperties', 'object', 'max'],
  ['minProperties', 'object', 'min'],
  ['maximum', 'number', 'max'],
  ['minimum', 'number', 'min'],
  ['exclusiveMaximum', 'number', 'max'],
  ['exclusiveMinimum', 'number', 'min'],
]

const boundsRule: Rule = (reader, writer, path) =>
  bounds.flatMap(([keyword, type, side]) => {
    const limit = number(reader, keyword)
    if (limit === undefined || !(may(writer, type) || (type === 'number' && may(writer, 'integer')))) return []
    const before = number(writer, keyword)
    const wider = before !== undefined && (side === 'max' ? limit >= before : limit <= before)
    const harmless = side === 'min' && limit <= 0 && type !== 'number'
    if (wider || harmless) return []
    const verb = before === undefined ? 'ADDED' : side === 'max' ? 'DECREASED' : 'INCREASED'
    return [
      {
        rule: `${keyword.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}_${verb}`,
        path: pointer(path, keyword),
        message: `${keyword} ${limit} refuses what was allowed (${before === undefined ? 'it had no limit' : `it was ${before}`}); ${before === undefined ? 'leave it out' : `keep ${before}`}`,
      },
    ]
  })

const textRule: Rule = (reader, writer, path) => {
  const problems: Incompatibility[] = []
  if (reader['pattern'] !== undefined && may(writer, 'string') && !same(reader['pattern'], writer['pattern'])) {
    problems.push({
      rule: writer['pattern'] === undefined ? 'PATTERN_ADDED' : 'PATTERN_CHANGED',
      path: pointer(path, 'pattern'),
      message: 'the pattern may refuse what was allowed; keep the old one or leave it out',
    })
  }
  const step = number(reader, 'multipleOf')
  const before = number(writer, 'multipleOf')
  if (step !== undefined && (may(writer, 'number') || may(writer, 'integer'))) {
    const fits = before !== undefined ? Number.isInteger(before / step) : step === 1 && !may(writer, 'number')
    if (!fits)
      problems.push({
        rule: 'MULTIPLE_OF_CHANGED',
        path: pointer(path, 'multipleOf'),
        message: `multiples of ${step} leave out what was allowed; leave it out`,
      })
  }
  if (reader['uniqueItems'] === true && writer['uniqueItems'] !== true && may(writer, 'array')) {
    problems.push({
      rule: 'UNIQUE_ITEMS_ADDED',
      path: pointer(path, 'uniqueItems'),
      message: 'repeated items were allowed; leave it out',
    })
  }
  return problems
}

const requiredRule: Rule = (reader, writer, path) => {
  if (!may(writer, 'object')) return []
  const before = strings(writer['required'])
  return strings(reader['required'])
    .filter((name) => !before.includes(name))
    .map((name) => ({
      rule: 'REQUIRED_ATTRIBUTE_ADDED',
      path: pointer(path, 'required'),
      message: `${name} is required now, and what was written may lack it; leave it optional`,
    }))
}

/** What a reader says of a property: by name, else by `additionalProperties`; patterns must be the writer's anyway. */
function readProperty(schema: JsonMap, name: string): Json {
  const properties = map(schema['properties'])
  return Object.hasOwn(properties, name) ? (properties[name] ?? true) : (schema['additionalProperties'] ?? true)
}

/** What may have been written to a property; one that only a pattern speaks of may hold anything. */
function writtenProperty(schema: JsonMap, name: string): Json {
  const unnamed = !Object.hasOwn(map(schema['properties']), name)
  return unnamed && Object.keys(map(schema['patternProperties'])).length > 0 ? true : readProperty(schema, name)
}

const propertiesRule: Rule = (reader, writer, path, roots) => {
  if (!may(writer, 'object')) return []
  const read = map(reader['properties'])
  const names = new Set([...Object.keys(read), ...Object.keys(map(writer['properties']))])
  const problems = [...names].flatMap((name) => {
    const written = writtenProperty(writer, name)
    const listed = Object.hasOwn(read, name)
    const found = compare(
      readProperty(reader, name),
      written,
      listed ? pointer(path, 'properties', name) : pointer(path, 'additionalProperties'),
      roots,
    )
    if (found.length === 0) return []
    if (!listed)
      return [
        {
          rule: 'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL',
          path: pointer(path, 'properties', name),
          message: `${name} was allowed and would be refused; keep it, or allow additional properties`,
        },
      ]
    if (!Object.hasOwn(map(writer['properties']), name) && anything(written)) {
      return [
        {
          rule: 'PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL',
          path: pointer(path, 'properties', name),
          message: `${name} was never described, so anything may have been written there; give it another name, or close the schema with "additionalProperties": false in a version before`,
        },
      ]
    }
    return found
  })
  const rest = propertiesOfTheRest(reader, writer, path, roots)
  return [...problems, ...rest]
}

/** Properties that neither names, and the keywords about them that are only compared for being the same. */
const propertiesOfTheRest: Rule = (reader, writer, path, roots) => {
  const open = (schema: JsonMap): Json => schema['additionalProperties'] ?? true
  const found = compare(open(reader), open(writer), pointer(path, 'additionalProperties'), roots)
  return found.length === 0
    ? []
    : [
        {
          rule: 'ADDITIONAL_PROPERTIES_NARROWED',
          path: pointer(path, 'additionalProperties'),
          message: 'properties that nobody names were allowed; keep allowing them',
        },
      ]
}

const itemsRule: Rule = (reader, writer, path, roots) => {
  if (!may(writer, 'array')) return []
  if (Array.isArray(reader['items']) || Array.isArray(writer['items']))
    return [
      ...changed('items', reader, writer, path, roots),
      ...changed('additionalItems', reader, writer, path, roots),
    ]
  const prefix = (schema: JsonMap): Json[] => (Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [])
  const at = (schema: JsonMap, index: number): Json => prefix(schema)[index] ?? schema['items'] ?? true
  const length = Math.max(prefix(reader).length, prefix(writer).length)
  const problems = Array.from({ length }, (_, index) =>
    compare(at(reader, index), at(writer, index), pointer(path, 'prefixItems', index), roots),
  ).flat()
  return [...problems, ...compare(reader['items'] ?? true, writer['items'] ?? true, pointer(path, 'items'), roots)]
}

/** Each branch of an `allOf` must read all; one of an `anyOf` (or the same `oneOf`) is enough. */
const combinedRule: Rule = (reader, writer, path, roots) => {
  const all =
    Array.isArray(reader['allOf']) && !identical(reader['allOf'], writer['allOf'], roots)
      ? reader['allOf'].flatMap((branch, index) => compare(branch, writer, pointer(path, 'allOf', index), roots))
      : []
  const any = reader['anyOf']
  if (Array.isArray(any) && !identical(any, writer['anyOf'], roots)) {
    const reads = (schema: Json): boolean => any.some((branch) => compare(branch, schema, path, roots).length === 0)
    const written = Array.isArray(writer['anyOf']) ? writer['anyOf'] : [writer]
    if (!written.every(reads))
      all.push({
        rule: 'SUM_TYPE_NARROWED',
        path: pointer(path, 'anyOf'),
        message: 'no branch reads everything that was allowed; keep the old branches',
      })
  }
  return all
}

const changed = (keyword: string, reader: JsonMap, writer: JsonMap, path: string, roots: Roots): Incompatibility[] =>
  reader[keyword] === undefined || identical(reader[keyword], writer[keyword], roots)
    ? []
    : [
        {
          rule: 'CONSTRAINT_CHANGED',
          path: pointer(path, keyword),
          message: `${keyword} may refuse what was allowed; keep it as it was, or leave it out`,
        },
      ]

const understood = new Set([
  ...annotations,
  'type',
  'enum',
  'const',
  'required',
  'properties',
  'additionalProperties',
  'items',
  'prefixItems',
  'allOf',
  'anyOf',
  'pattern',
  'multipleOf',
  'uniqueItems',
  ...bounds.map(([keyword]) => keyword),
])
/** Keywords whose meaning hangs on their neighbours: harmless only where nothing beside them changed either. */
const entangled = [
  'unevaluatedProperties',
  'unevaluatedItems',
  'then',
  'else',
  'minContains',
  'maxContains',
  'additionalItems',
]

/** Everything else, known or not, must stay as it was or go away. */
const restRule: Rule = (reader, writer, path, roots) => {
  const plain = (schema: JsonMap): JsonMap =>
    Object.fromEntries(Object.entries(schema).filter(([key]) => !annotations.has(key)))
  const tied = entangled.filter((key) => reader[key] !== undefined && reader[key] !== true)
  if (tied.length > 0 && !identical(plain(reader), plain(writer), roots)) {
    return [
      {
        rule: 'CONSTRAINT_CHANGED',
        path: pointer(path, tied[0] ?? ''),
        message: `what ${tied[0]} allows depends on keywords beside it that changed; keep them together as they were`,
      },
    ]
  }
  return Object.keys(reader)
    .filter((key) => !understood.has(key))
    .flatMap((key) => changed(key, reader, writer, path, roots))
}

const rules: readonly Rule[] = [
  typeRule,
  enumRule,
  boundsRule,
  textRule,
  requiredRule,
  propertiesRule,
  itemsRule,
  combinedRule,
  restRule,
]
