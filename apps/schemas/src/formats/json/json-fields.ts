import type { Field } from '../format.ts'
import { isMap, type Json, type JsonMap } from '../json-text.ts'
import type { JsonDocument } from './json-document.ts'
import { listOf, mapOf } from './json-keywords.ts'
import { followed } from './json-references.ts'

const fieldsMax = 5_000
const depthMax = 30
/** References that lead to the same schema in many ways are walked anew in each, which can multiply. */
const visitsMax = 20_000

type Walk = {
  readonly root: Json
  readonly found: Map<string, Field>
  readonly open: Set<JsonMap>
  readonly depth: number
  readonly budget: { visits: number }
}

/** The fields of a document as documentation, search and rules see them; a recursive schema is told once. */
export function fieldsOf({ root }: JsonDocument): Field[] {
  const walk: Walk = { root, found: new Map(), open: new Set(), depth: 0, budget: { visits: visitsMax } }
  inside(root, '', walk, true)
  return [...walk.found.values()]
}

/** A schema behind its references, with what is said beside them. */
function unfolded(schema: Json, root: Json): JsonMap {
  let at = mapOf(schema)
  for (let hops = 0; hops < 500 && typeof at['$ref'] === 'string'; hops++) {
    const { $ref, ...beside } = at
    const target = mapOf(followed(root, $ref))
    if (Object.keys(beside).length === 0) {
      at = target // the very object: a recursion is known by it
      continue
    }
    at = { ...target, ...beside }
    if (beside['$ref'] === undefined && typeof target['$ref'] !== 'string') break
  }
  return at
}

function inside(schema: Json, path: string, walk: Walk, certain: boolean): void {
  const at = unfolded(schema, walk.root)
  // Shared by what stands beside a reference and its target.
  const known = isMap(at['properties']) ? at['properties'] : at
  if (walk.open.has(known) || walk.depth > depthMax || walk.found.size >= fieldsMax || walk.budget.visits-- <= 0) return
  walk.open.add(known)
  const inner = { ...walk, depth: walk.depth + 1 }
  const required = new Set(listOf(at['required']))
  for (const [name, property] of Object.entries(mapOf(at['properties']))) {
    field(property, path === '' ? name : `${path}.${name}`, inner, certain && required.has(name))
  }
  for (const [key, suffix] of [
    ['items', '[]'],
    ['additionalProperties', '{}'],
  ] as const) {
    const value = at[key]
    if (isMap(value)) (path === '' ? field : inside)(value, `${path}${suffix}`, inner, certain)
  }
  for (const item of [...listOf(at['prefixItems']), ...listOf(at['items'])]) inside(item, `${path}[]`, inner, false)
  for (const property of Object.values(mapOf(at['patternProperties']))) inside(property, `${path}{}`, inner, false)
  for (const branch of listOf(at['allOf'])) inside(branch, path, inner, certain)
  for (const key of ['anyOf', 'oneOf', 'then', 'else']) {
    const branches = at[key]
    for (const branch of Array.isArray(branches) ? branches : isMap(branches) ? [branches] : [])
      inside(branch, path, inner, false)
  }
  walk.open.delete(known)
}

function field(schema: Json, path: string, walk: Walk, required: boolean): void {
  const at = unfolded(schema, walk.root)
  const tags = listOf(at['confluent:tags']).filter((tag) => typeof tag === 'string')
  const doc = at['description'] ?? at['title']
  const known = walk.found.get(path)
  const type = typeOf(at, walk.root, 0)
  walk.found.set(path, {
    path,
    type: known && known.type !== type ? `${known.type} | ${type}` : type,
    required: required || (known?.required ?? false),
    ...(typeof doc === 'string' ? { doc } : known?.doc !== undefined && { doc: known.doc }),
    ...(at['default'] !== undefined && { default: JSON.stringify(at['default']) }),
    ...(tags.length > 0 && { tags }),
  })
  inside(schema, path, walk, required)
}

const shapes: readonly (readonly [string, string])[] = [
  ['properties', 'object'],
  ['additionalProperties', 'object'],
  ['items', 'array'],
  ['prefixItems', 'array'],
]

function typeOf(schema: Json, root: Json, depth: number): string {
  if (schema === false) return 'nothing'
  const at = unfolded(schema, root)
  const type = at['type']
  if (typeof type === 'string') return typeof at['format'] === 'string' ? `${type} (${at['format']})` : type
  if (Array.isArray(type)) return type.filter((name) => typeof name === 'string').join(' | ')
  const values = 'const' in at ? [at['const']] : listOf(at['enum'])
  if (values.length > 0) return [...new Set(values.map(valueType))].join(' | ')
  const branches = [...listOf(at['oneOf']), ...listOf(at['anyOf'])]
  if (branches.length > 0 && depth < 3)
    return [...new Set(branches.slice(0, 10).map((branch) => typeOf(branch, root, depth + 1)))].join(' | ')
  const [first] = listOf(at['allOf'])
  if (first !== undefined && depth < 3) return typeOf(first, root, depth + 1)
  return shapes.find(([key]) => at[key] !== undefined)?.[1] ?? 'any'
}

const valueType = (value: Json | undefined): string =>
  value === null || value === undefined ? 'null' : Array.isArray(value) ? 'array' : typeof value
