import { print } from './exact-json.ts'
import { isNamed, namespaceOf, shortName, type Avro, type AvroField, type AvroNamed, type Extra } from './model.ts'

/** What is written how: `inline` writes the types of referenced texts where they are mentioned first. */
type Style = { readonly inline: boolean; readonly sorted: boolean }
type Pen = { readonly style: Style; readonly defined: Set<AvroNamed> }
type Entry = readonly [string, string | undefined]

const json = (value: string): string => JSON.stringify(value)

/**
 * The text as Confluent's registry stores it, which is how Apache Avro prints a schema: compact, Avro's own keys in its
 * order, other attributes after them as they came; `{"type":"string"}` is `"string"`, names are as short as they can be.
 */
export const canonicalText = (root: Avro): string => write(root, '', pen({ inline: false, sorted: false }))
/** The same with the types of referenced texts written out, so that it stands alone. */
export const resolvedText = (root: Avro): string => write(root, '', pen({ inline: true, sorted: false }))
/** Independent of the order of attributes and of how names are abbreviated. */
export const normalizedText = (root: Avro): string => write(root, '', pen({ inline: false, sorted: true }))

const pen = (style: Style): Pen => ({ style, defined: new Set() })

function write(type: Avro, space: string, pen: Pen): string {
  const { sorted } = pen.style
  if (type.kind === 'union') return `[${type.branches.map((branch) => write(branch, space, pen)).join(',')}]`
  if (isNamed(type)) {
    if (pen.defined.has(type) || (type.foreign && !pen.style.inline))
      return json(sorted ? type.name : relative(type.name, space))
    pen.defined.add(type)
    return define(type, space, pen)
  }
  if (type.kind === 'array')
    return object(
      [['type', '"array"'], ['items', write(type.items, space, pen)], ...extras(type.extra, sorted)],
      sorted,
    )
  if (type.kind === 'map')
    return object(
      [['type', '"map"'], ['values', write(type.values, space, pen)], ...extras(type.extra, sorted)],
      sorted,
    )
  return type.extra.length === 0
    ? json(type.kind)
    : object([['type', json(type.kind)], ...extras(type.extra, sorted)], sorted)
}

/** A name as short as it can be read again in this namespace. */
const relative = (name: string, space: string): string => (namespaceOf(name) === space ? shortName(name) : name)

function define(type: AvroNamed, space: string, pen: Pen): string {
  const { sorted } = pen.style
  const own = namespaceOf(type.name)
  const aliases = type.aliases.map((alias) => json(sorted ? alias : relative(alias, own)))
  const body: Entry[] =
    type.kind === 'record'
      ? [['fields', `[${type.fields.map((field) => writeField(field, own, pen)).join(',')}]`]]
      : type.kind === 'enum'
        ? [
            ['symbols', JSON.stringify(type.symbols)],
            ['default', type.default === undefined ? undefined : json(type.default)],
          ]
        : [['size', String(type.size)]]
  return object(
    [
      ['type', json(type.kind === 'record' && type.error ? 'error' : type.kind)],
      ['name', json(sorted ? type.name : shortName(type.name))],
      ['namespace', sorted || own === space ? undefined : json(own)],
      ['doc', type.doc === undefined ? undefined : json(type.doc)],
      ...body,
      ...extras(type.extra, sorted),
      ['aliases', list(aliases, sorted)],
    ],
    sorted,
  )
}

const writeField = (field: AvroField, space: string, pen: Pen): string =>
  object(
    [
      ['name', json(field.name)],
      ['type', write(field.type, space, pen)],
      ['doc', field.doc === undefined ? undefined : json(field.doc)],
      ['default', field.default === undefined ? undefined : print(field.default, pen.style.sorted)],
      ['order', field.order === undefined ? undefined : json(field.order)],
      ['aliases', list(field.aliases.map(json), pen.style.sorted)],
      ...extras(field.extra, pen.style.sorted),
    ],
    pen.style.sorted,
  )

const list = (items: readonly string[], sorted: boolean): string | undefined =>
  items.length === 0 ? undefined : `[${(sorted ? items.toSorted() : items).join(',')}]`
const extras = (extra: Extra, sorted: boolean): Entry[] => extra.map(([key, value]) => [key, print(value, sorted)])

function object(entries: readonly Entry[], sorted: boolean): string {
  const present = entries.filter(([, value]) => value !== undefined)
  if (sorted) present.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${present.map(([key, value]) => `${json(key)}:${value}`).join(',')}}`
}
