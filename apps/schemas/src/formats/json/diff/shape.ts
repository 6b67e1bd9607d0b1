import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import type { JsonDocument } from '../json-document.ts'
import { annotationKeywords, isSchema, listOf } from '../json-keywords.ts'
import { followed } from '../json-references.ts'

/** One keyword group of a schema; a schema with several is their `allOf`, as Confluent's model of it has it. */
type ShapeKind =
  | 'any'
  | 'never'
  | 'string'
  | 'number'
  | 'boolean'
  | 'null'
  | 'object'
  | 'array'
  | 'enum'
  | 'const'
  | 'not'
  | 'conditional'
  | 'combined'

export type Criterion = 'allOf' | 'anyOf' | 'oneOf'

export type Shape = {
  readonly id: number
  readonly kind: ShapeKind
  /** The schema whose keywords of this kind count. */
  readonly schema: JsonMap
  readonly combination?: Combination
}
type Combination = {
  readonly criterion: Criterion
  readonly parts: readonly Shape[]
  /** Whether the keyword is written there: if not, the parts are at the place of the whole. */
  readonly written: boolean
}

export type Shapes = {
  readonly document: JsonDocument
  root(): Shape
  of(schema: Json): Shape
  /** A default that stands at the property or at what it refers to. */
  hasDefault(schema: Json): boolean
}

const sniffed: readonly (readonly [ShapeKind, readonly string[]])[] = [
  ['string', ['minLength', 'maxLength', 'pattern', 'format']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  [
    'object',
    [
      'properties',
      'required',
      'additionalProperties',
      'patternProperties',
      'minProperties',
      'maxProperties',
      'dependencies',
      'dependentRequired',
      'dependentSchemas',
      'propertyNames',
      'unevaluatedProperties',
    ],
  ],
  [
    'array',
    [
      'items',
      'prefixItems',
      'additionalItems',
      'unevaluatedItems',
      'minItems',
      'maxItems',
      'uniqueItems',
      'contains',
      'minContains',
      'maxContains',
    ],
  ],
]
const typed: Readonly<Record<string, ShapeKind>> = {
  string: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  null: 'null',
  object: 'object',
  array: 'array',
}

const known = new WeakMap<JsonDocument, Shapes>()
let ids = 0

/** The shapes of a document; made when they are first asked for, and then the same ones. */
export function shapesOf(document: JsonDocument): Shapes {
  const existing = known.get(document)
  if (existing) return existing
  const made = new Map<JsonMap, Shape>()
  const all: Shape = { id: ids++, kind: 'any', schema: {} }
  const none: Shape = { id: ids++, kind: 'never', schema: {} }
  const of = (schema: Json): Shape => {
    if (!isMap(schema)) return schema === false ? none : all
    const shape = made.get(schema) ?? build(schema, document, of)
    made.set(schema, shape)
    return shape
  }
  const hasDefault = (schema: Json): boolean =>
    isMap(schema) &&
    (schema['default'] !== undefined ||
      (typeof schema['$ref'] === 'string' && hasDefault(followed(document.root, schema['$ref']))))
  const shapes: Shapes = { document, root: () => of(document.root), of, hasDefault }
  known.set(document, shapes)
  return shapes
}

function build(schema: JsonMap, document: JsonDocument, of: (schema: Json) => Shape): Shape {
  if (typeof schema['$ref'] === 'string') return buildReference(schema, schema['$ref'], document, of)
  const part = (kind: ShapeKind, own = schema): Shape => ({ id: ids++, kind, schema: own })
  const parts: Shape[] = []
  if ('const' in schema) parts.push(part('const'))
  if (Array.isArray(schema['enum'])) parts.push(part('enum'))
  for (const criterion of ['allOf', 'anyOf', 'oneOf'] as const) {
    const branches = listOf(schema[criterion])
    if (branches.length > 0) parts.push(combined(schema, criterion, branches.map(of), true))
  }
  if (isSchema(schema['not'])) parts.push(part('not'))
  if (isSchema(schema['if'])) parts.push(part('conditional'))
  const type = schema['type']
  if (typeof type === 'string') parts.push(part(typed[type] ?? 'any'))
  else if (Array.isArray(type)) {
    const names = type.filter((name) => typeof name === 'string')
    const kinds = names.map((name) => part(typed[name] ?? 'any', { ...schema, type: name }))
    parts.push(combined(schema, 'anyOf', kinds, false))
  } else parts.push(...sniffed.filter(([, keys]) => keys.some((key) => key in schema)).map(([kind]) => part(kind)))
  const [first] = parts
  if (first === undefined) return part('any')
  return parts.length === 1 ? first : combined(schema, 'allOf', parts, false)
}

function buildReference(
  schema: JsonMap,
  reference: string,
  document: JsonDocument,
  of: (schema: Json) => Shape,
): Shape {
  const target = of(followed(document.root, reference))
  const { $ref: _, ...beside } = schema
  if (Object.keys(beside).every((key) => annotationKeywords.has(key))) return target
  const also = of(beside)
  return also.kind === 'any' ? target : combined(schema, 'allOf', [target, also], false)
}

const combined = (schema: JsonMap, criterion: Criterion, parts: readonly Shape[], written: boolean): Shape => ({
  id: ids++,
  kind: 'combined',
  schema,
  combination: { criterion, parts, written },
})
