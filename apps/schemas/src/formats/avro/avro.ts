import avro from 'avsc'
import { formatOf, type Incompatibility } from '../format.ts'
import { canonical, invalid, isMap, pointer, readJson, type Json, type JsonMap } from '../json-text.ts'

type Names = Map<string, JsonMap>
type Side = { schema: Json; names: Names; namespace: string }

const named = new Set(['record', 'error', 'enum', 'fixed'])

/** Promotions of Avro 1.12, section "Schema Resolution": what a reader of the key's value takes besides its own. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['bytes'],
  bytes: ['string'],
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : [])
const shortName = (name: string): string => name.slice(name.lastIndexOf('.') + 1)

function fullName(schema: JsonMap, namespace: string): string {
  const name = text(schema['name'])
  if (name.includes('.')) return name
  const own = text(schema['namespace']) || namespace
  return own ? `${own}.${name}` : name
}

const namespaceOf = (name: string): string => (name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '')

/** Every named type of a schema under its full name, so that later mentions of it can be followed. */
function collect(schema: Json, namespace: string, names: Names): Names {
  if (Array.isArray(schema)) schema.forEach((branch) => collect(branch, namespace, names))
  if (!isMap(schema)) return names
  const type = schema['type']
  let inner = namespace
  if (typeof type === 'string' && named.has(type)) {
    const name = fullName(schema, namespace)
    names.set(name, schema)
    inner = namespaceOf(name)
    for (const field of list(schema['fields'])) if (isMap(field)) collect(field['type'] ?? null, inner, names)
  } else if (type !== undefined && typeof type !== 'string') collect(type, namespace, names)
  if (schema['items'] !== undefined) collect(schema['items'], inner, names)
  if (schema['values'] !== undefined) collect(schema['values'], inner, names)
  return names
}

/** The schema behind a mention by name or behind `{"type": …}`, with the name that its kind is known by. */
function open({ schema, names, namespace }: Side): { kind: string; body: JsonMap; name: string; namespace: string } {
  if (typeof schema === 'string') {
    const found = names.get(schema) ?? names.get(namespace ? `${namespace}.${schema}` : schema)
    if (!found) return { kind: schema, body: {}, name: schema, namespace }
    const name = fullName(found, schema.includes('.') ? namespaceOf(schema) : namespace)
    return { kind: text(found['type']), body: found, name, namespace: namespaceOf(name) }
  }
  if (Array.isArray(schema)) return { kind: 'union', body: {}, name: 'union', namespace }
  if (!isMap(schema)) return { kind: 'null', body: {}, name: 'null', namespace }
  const type = schema['type']
  if (typeof type === 'string' && named.has(type)) {
    const name = fullName(schema, namespace)
    return { kind: type, body: schema, name, namespace: namespaceOf(name) }
  }
  if (typeof type === 'string' && !['array', 'map'].includes(type)) return open({ schema: type, names, namespace })
  if (type !== undefined && typeof type !== 'string') return open({ schema: type, names, namespace })
  return { kind: text(type), body: schema, name: text(type), namespace }
}

type Compare = { reader: Side; writer: Side; path: string; seen: Set<string>; budget: { steps: number } }

/** Unions of records multiply; what takes more comparisons than this is called breaking instead of being computed on. */
const stepsMax = 20_000

/** Reader against writer, by the Avro specification's schema resolution. A pair that is being compared counts as fitting. */
function compare({ reader, writer, path, seen, budget }: Compare): Incompatibility[] {
  if (budget.steps-- <= 0)
    return [
      {
        rule: 'TOO_COMPLEX',
        path,
        message:
          'the two can not be compared within the limits; make the schema simpler, or set the compatibility to NONE',
      },
    ]
  if (Array.isArray(writer.schema))
    return writer.schema.flatMap((branch) =>
      unionBranch({ reader, writer: { ...writer, schema: branch }, path, seen, budget }),
    )
  if (Array.isArray(reader.schema)) return unionBranch({ reader, writer, path, seen, budget })
  const read = open(reader)
  const written = open(writer)
  const go = (readerSchema: Json, writerSchema: Json, at: string): Incompatibility[] =>
    compare({
      reader: { ...reader, schema: readerSchema, namespace: read.namespace },
      writer: { ...writer, schema: writerSchema, namespace: written.namespace },
      path: at,
      seen,
      budget,
    })
  if (read.kind !== written.kind) {
    if (promotions[read.kind]?.includes(written.kind)) return []
    return [
      {
        rule: 'TYPE_MISMATCH',
        path,
        message: `it reads ${read.kind}, but ${written.kind} was written; keep ${written.kind}, or a type that ${written.kind} is promoted to`,
      },
    ]
  }
  if (named.has(read.kind) && !sameName(read, written)) {
    return [
      {
        rule: 'NAME_MISMATCH',
        path: pointer(path, 'name'),
        message: `it is called ${read.name}, but ${written.name} was written; keep the name or add the old one to "aliases"`,
      },
    ]
  }
  const again = `${read.name}\n${written.name}`
  if (read.kind === 'record') {
    if (seen.has(again)) return []
    seen.add(again)
    return record({ read, written, path, go })
  }
  if (read.kind === 'enum') return enumeration(read.body, written.body, path)
  if (read.kind === 'fixed' && read.body['size'] !== written.body['size']) {
    return [
      {
        rule: 'FIXED_SIZE_MISMATCH',
        path: pointer(path, 'size'),
        message: `it reads ${JSON.stringify(read.body['size'])} bytes, but ${JSON.stringify(written.body['size'])} were written; make a new type`,
      },
    ]
  }
  if (read.kind === 'array')
    return go(read.body['items'] ?? 'null', written.body['items'] ?? 'null', pointer(path, 'items'))
  if (read.kind === 'map')
    return go(read.body['values'] ?? 'null', written.body['values'] ?? 'null', pointer(path, 'values'))
  return []
}

type Opened = ReturnType<typeof open>

const sameName = (read: Opened, written: Opened): boolean =>
  shortName(read.name) === shortName(written.name) ||
  list(read.body['aliases']).some((alias) => text(alias) === written.name || text(alias) === shortName(written.name))

/** One branch of what was written must be read by some branch of the reader. */
function unionBranch(pair: Compare): Incompatibility[] {
  const branches = Array.isArray(pair.reader.schema) ? pair.reader.schema : [pair.reader.schema]
  const tries = branches.map((branch) =>
    compare({ ...pair, seen: new Set(pair.seen), reader: { ...pair.reader, schema: branch } }),
  )
  if (tries.some((problems) => problems.length === 0)) return []
  if (branches.length === 1 && tries[0]) return tries[0]
  const written = open(pair.writer)
  return [
    {
      rule: 'MISSING_UNION_BRANCH',
      path: pair.path,
      message: `no branch of the union reads ${written.name}, which was written; add it`,
    },
  ]
}

type RecordPair = {
  read: Opened
  written: Opened
  path: string
  go(reader: Json, writer: Json, at: string): Incompatibility[]
}

function record({ read, written, path, go }: RecordPair): Incompatibility[] {
  const fields = list(written.body['fields']).filter(isMap)
  return list(read.body['fields'])
    .filter(isMap)
    .flatMap((field, index) => {
      const names = [text(field['name']), ...list(field['aliases']).map(text)]
      const source = fields.find((other) => names.includes(text(other['name'])))
      if (source) return go(field['type'] ?? 'null', source['type'] ?? 'null', pointer(path, 'fields', index, 'type'))
      if ('default' in field) return []
      return [
        {
          rule: 'READER_FIELD_MISSING_DEFAULT_VALUE',
          path: pointer(path, 'fields', index),
          message: `field ${names[0]} was never written by the other version and has no default; give it one`,
        },
      ]
    })
}

function enumeration(read: JsonMap, written: JsonMap, path: string): Incompatibility[] {
  const known = list(read['symbols']).map(text)
  const missing = list(written['symbols'])
    .map(text)
    .filter((symbol) => !known.includes(symbol))
  if (missing.length === 0 || 'default' in read) return []
  return [
    {
      rule: 'MISSING_ENUM_SYMBOLS',
      path: pointer(path, 'symbols'),
      message: `${missing.join(', ')} may have been written; keep ${missing.length === 1 ? 'it' : 'them'} or give the enum a default`,
    },
  ]
}

/** Apache Avro: parsed by avsc, compared by the specification's rules; all six kinds of incompatibility are told. */
export const avroFormat = formatOf<Json>({
  kind: 'AVRO',
  read({ text: source }) {
    const schema = readJson(source)
    try {
      avro.Type.forSchema(schema as avro.Schema)
    } catch (error) {
      throw invalid('', error instanceof Error ? error.message.slice(0, 300) : 'it is no Avro schema')
    }
    return schema
  },
  canonical,
  fields: () => [],
  unreadable,
})

/** All reasons why a reader can't read what a writer wrote. */
export function unreadable(reader: Json, writer: Json): Incompatibility[] {
  const side = (schema: Json): Side => ({ schema, namespace: '', names: collect(schema, '', new Map()) })
  return compare({ reader: side(reader), writer: side(writer), path: '', seen: new Set(), budget: { steps: stepsMax } })
}
