import type { Source } from '../format.ts'
import { invalid, isMap, pointer, type Json, type JsonMap } from '../json-text.ts'
import { fitsDefault } from './defaults.ts'
import { plain, readExactJson } from './exact-json.ts'
import { primitives, typeName } from './model.ts'
import type {
  Avro,
  AvroField,
  AvroModel,
  AvroNamed,
  AvroRecord,
  AvroUnion,
  Extra,
  Logical,
  Primitive,
} from './model.ts'

const sizeBytesMax = 1_048_576
const referencesBytesMax = 8 * sizeBytesMax
const namesMax = 5000
/** How deep named types may lie in each other when each mention is written out. */
const nestingMax = 200

const wordPattern = /^[A-Za-z_][A-Za-z0-9_]*$/
const primitiveNames: ReadonlySet<string> = new Set(primitives)
const plainTypes = new Map<string, Avro>(primitives.map((kind) => [kind, { kind, extra: [] }]))
const namedKinds = new Set(['record', 'error', 'enum', 'fixed'])
/** Apache Avro takes these for its own wherever they stand in a schema, and never for attributes. */
const ownKeys = new Set(['doc', 'fields', 'items', 'name', 'namespace', 'size', 'symbols', 'values', 'type', 'aliases'])
const fieldKeys = new Set(['name', 'type', 'doc', 'default', 'order', 'aliases'])

type Place = { readonly namespace: string; readonly path: string }
type Scope = {
  readonly names: Map<string, AvroNamed>
  /** How deep each type reaches; the ones being read are not in it. */
  readonly heights: Map<Avro, number>
  readonly foreign: boolean
}

/** Reads a schema and what it refers to; throws schemas.schema_invalid with the place. Nothing is fetched. */
export function readAvro({ text, references }: Source): AvroModel {
  const scope = { names: new Map<string, AvroNamed>(), heights: new Map<Avro, number>() }
  const total = references.reduce((sum, reference) => sum + Buffer.byteLength(reference.text), 0)
  if (total > referencesBytesMax) throw invalid('', `what it refers to is larger than ${referencesBytesMax} bytes`)
  for (const referenced of new Set(references.map((reference) => reference.text)))
    build(readText(referenced), { namespace: '', path: '' }, { ...scope, foreign: true })
  return { root: build(readText(text), { namespace: '', path: '' }, { ...scope, foreign: false }) }
}

function readText(text: string): Json {
  if (Buffer.byteLength(text) > sizeBytesMax) throw invalid('', `it is larger than ${sizeBytesMax} bytes`)
  // Clients send a primitive schema bare, as Apache Avro prints it in some versions.
  return primitiveNames.has(text.trim()) ? text.trim() : readExactJson(text)
}

function build(schema: Json, place: Place, scope: Scope): Avro {
  const type = buildType(schema, place, scope)
  if (!scope.heights.has(type)) measure(type, place.path, scope)
  return type
}

function measure(type: Avro, path: string, { heights }: Scope): void {
  const height = 1 + parts(type).reduce((highest, part) => Math.max(highest, heights.get(part) ?? 0), 0)
  if (height > nestingMax) throw invalid(path, `types lie in each other more than ${nestingMax} deep`)
  heights.set(type, height)
}

function parts(type: Avro): readonly Avro[] {
  if (type.kind === 'union') return type.branches
  if (type.kind === 'array') return [type.items]
  if (type.kind === 'map') return [type.values]
  return type.kind === 'record' ? type.fields.map((field) => field.type) : []
}

function buildType(schema: Json, place: Place, scope: Scope): Avro {
  if (typeof schema === 'string') return mention(schema, place, scope)
  if (Array.isArray(schema)) return union(schema, place, scope)
  if (!isMap(schema)) throw invalid(place.path, 'a schema is a name, a list of branches, or an object with a "type"')
  const type = schema['type']
  if (type === undefined) throw invalid(place.path, '"type" is missing')
  if (typeof type !== 'string') {
    const inner = isMap(type) ? { ...type, ...without(schema, 'type') } : type
    if (!isMap(type) && Object.keys(schema).length > 1)
      throw invalid(place.path, 'a union has no attributes; write them into its branches')
    return build(inner, { ...place, path: pointer(place.path, 'type') }, scope)
  }
  if (namedKinds.has(type)) return named(schema, type, place, scope)
  const extra = extraOf(schema, ownKeys)
  const annotated = { extra, ...logicalOf(schema) }
  const part = (key: string): Avro => {
    const inner = schema[key]
    if (inner === undefined) throw invalid(place.path, `${type} needs "${key}"`)
    return build(inner, { ...place, path: pointer(place.path, key) }, scope)
  }
  if (type === 'array') return { kind: 'array', items: part('items'), ...annotated }
  if (type === 'map') return { kind: 'map', values: part('values'), ...annotated }
  const primitive = primitives.find((kind) => kind === type)
  if (primitive && extra.length > 0) return { kind: primitive satisfies Primitive, ...annotated }
  return mention(type, { ...place, path: pointer(place.path, 'type') }, scope)
}

function mention(name: string, { namespace, path }: Place, { names }: Scope): Avro {
  const own = namespace && !name.includes('.') ? names.get(`${namespace}.${name}`) : undefined
  const found = plainTypes.get(name) ?? own ?? names.get(name)
  if (!found)
    throw invalid(
      path,
      `no type is called '${name.slice(0, 100)}' up to here; define it before it is used, or refer to its subject`,
    )
  return found
}

function union(schemas: Json[], { namespace, path }: Place, scope: Scope): AvroUnion {
  const branches = schemas.map((schema, index) => build(schema, { namespace, path: pointer(path, index) }, scope))
  const seen = new Set<string>()
  branches.forEach((branch, index) => {
    if (branch.kind === 'union') throw invalid(pointer(path, index), 'a union can not hold a union')
    const name = typeName(branch)
    if (seen.has(name)) throw invalid(pointer(path, index), `a union can not hold ${name} twice`)
    seen.add(name)
  })
  return { kind: 'union', branches }
}

function named(schema: JsonMap, type: string, place: Place, scope: Scope): Avro {
  const name = fullName(schema, place)
  if (scope.names.has(name)) throw invalid(pointer(place.path, 'name'), `${name} is defined twice`)
  if (scope.names.size >= namesMax) throw invalid(place.path, `it defines more than ${namesMax} types`)
  const namespace = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  const base = {
    name,
    aliases: aliasesOf(schema, place.path).map((alias) => qualified(alias, namespace, pointer(place.path, 'aliases'))),
    foreign: scope.foreign,
    ...docOf(schema, place.path),
    ...logicalOf(schema),
    extra: extraOf(schema, type === 'enum' ? new Set([...ownKeys, 'default']) : ownKeys),
  }
  const define = <Type extends AvroNamed>(defined: Type): Type => {
    scope.names.set(name, defined)
    scope.heights.set(defined, 1) // a record that is being read; it is measured when it is whole
    return defined
  }
  if (type === 'enum') return define({ kind: 'enum', ...base, ...enumOf(schema, place.path) })
  if (type === 'fixed') {
    const size = plain(schema['size'] ?? null)
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > 2_147_483_647)
      throw invalid(pointer(place.path, 'size'), 'the size is a whole number of bytes')
    return define({ kind: 'fixed', ...base, size })
  }
  const record: AvroRecord = { kind: 'record', ...base, error: type === 'error', fields: [], byName: new Map() }
  return fields(schema, define(record), { namespace, path: place.path }, scope)
}

function fields(schema: JsonMap, record: AvroRecord, { namespace, path }: Place, scope: Scope): AvroRecord {
  const list = schema['fields']
  if (!Array.isArray(list)) throw invalid(path, `record ${record.name} needs "fields"`)
  list.forEach((field, index) => {
    const at = pointer(path, 'fields', index)
    if (!isMap(field)) throw invalid(at, 'a field is an object with "name" and "type"')
    const name = word(field['name'], pointer(at, 'name'))
    if (record.byName.has(name)) throw invalid(pointer(at, 'name'), `field ${name} is there twice`)
    if (field['type'] === undefined) throw invalid(at, `field ${name} needs a "type"`)
    const read: AvroField = {
      name,
      index,
      type: build(field['type'], { namespace, path: pointer(at, 'type') }, scope),
      aliases: aliasesOf(field, at).map((alias) => word(alias, pointer(at, 'aliases'))),
      ...docOf(field, at),
      ...orderOf(field, at),
      ...(field['default'] !== undefined && { default: field['default'] }),
      extra: extraOf(field, fieldKeys),
    }
    record.fields.push(read)
    record.byName.set(name, read)
  })
  measure(record, path, scope)
  // Only now: a default may hold the record itself.
  for (const field of record.fields) {
    if (field.default === undefined) continue
    const wrong = fitsDefault(field.type, plain(field.default))
    if (wrong) throw invalid(pointer(path, 'fields', field.index, 'default') + wrong.path, wrong.message)
  }
  return record
}

function enumOf(schema: JsonMap, path: string): { symbols: string[]; known: Set<string>; default?: string } {
  const list = schema['symbols']
  if (!Array.isArray(list)) throw invalid(path, 'an enum needs "symbols"')
  const symbols = list.map((symbol, index) => word(symbol, pointer(path, 'symbols', index)))
  const known = new Set(symbols)
  const twice = symbols.findIndex((symbol, index) => symbols.indexOf(symbol) !== index)
  if (known.size < symbols.length) throw invalid(pointer(path, 'symbols', twice), `${symbols[twice]} is there twice`)
  const fallback = schema['default'] ?? undefined
  if (fallback === undefined) return { symbols, known }
  if (typeof fallback !== 'string' || !known.has(fallback))
    throw invalid(pointer(path, 'default'), 'the default of an enum is one of its symbols')
  return { symbols, known, default: fallback }
}

const without = (map: JsonMap, key: string): JsonMap =>
  Object.fromEntries(Object.entries(map).filter(([name]) => name !== key))
const extraOf = (map: JsonMap, own: ReadonlySet<string>): Extra => Object.entries(map).filter(([key]) => !own.has(key))

function logicalOf(schema: JsonMap): { logical?: Logical } {
  const name = schema['logicalType']
  if (typeof name !== 'string') return {}
  const precision = plain(schema['precision'] ?? null)
  const scale = plain(schema['scale'] ?? null)
  if (name !== 'decimal' || typeof precision !== 'number') return { logical: { name } }
  return { logical: { name, precision, scale: typeof scale === 'number' ? scale : 0 } }
}

function docOf(map: JsonMap, path: string): { doc?: string } {
  const doc = map['doc'] ?? undefined
  if (doc === undefined) return {}
  if (typeof doc !== 'string') throw invalid(pointer(path, 'doc'), 'doc is text')
  return { doc }
}

function orderOf(field: JsonMap, path: string): { order?: 'descending' | 'ignore' } {
  const order = field['order'] ?? 'ascending'
  if (order === 'ascending') return {}
  if (order !== 'descending' && order !== 'ignore')
    throw invalid(pointer(path, 'order'), 'order is ascending, descending or ignore')
  return { order }
}

function aliasesOf(map: JsonMap, path: string): string[] {
  const aliases = map['aliases'] ?? []
  if (!Array.isArray(aliases)) throw invalid(pointer(path, 'aliases'), 'aliases are a list of names')
  return aliases.map((alias) => {
    if (typeof alias !== 'string') throw invalid(pointer(path, 'aliases'), 'aliases are a list of names')
    return alias
  })
}

function word(value: Json | undefined, path: string): string {
  if (typeof value !== 'string') throw invalid(path, 'a name is missing')
  if (!wordPattern.test(value) || value === '__proto__')
    throw invalid(path, `'${value.slice(0, 100)}' is no name: letters, digits and _, and no digit first`)
  return value
}

function qualified(name: string, namespace: string, path: string): string {
  for (const part of name.split('.')) word(part, path)
  return name.includes('.') || !namespace ? name : `${namespace}.${name}`
}

function fullName(schema: JsonMap, { namespace, path }: Place): string {
  const name = schema['name']
  if (typeof name !== 'string') throw invalid(path, 'a record, enum or fixed needs a "name"')
  const own = schema['namespace'] ?? namespace
  if (typeof own !== 'string') throw invalid(pointer(path, 'namespace'), 'the namespace is text')
  const full = qualified(name, own, pointer(path, 'name'))
  if (!name.includes('.') && own) qualified(own, '', pointer(path, 'namespace'))
  if (primitiveNames.has(full.slice(full.lastIndexOf('.') + 1)))
    throw invalid(pointer(path, 'name'), `a type can not be called like the primitive type ${name}`)
  return full
}
