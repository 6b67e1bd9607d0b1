import type { Avro, AvroEnum, AvroField, Logical } from './model.ts'
import { print } from './exact-json.ts'
import type { At, Found } from './resolution.ts'

/** Promotions that Avro allows and that change values all the same. */
const lossy: ReadonlySet<string> = new Set(['int float', 'long float', 'long double', 'bytes string'])

const isField = (side: Avro | AvroField): side is AvroField => 'type' in side

/** What Apache Avro reads without complaint and a consumer would get wrong: the policy EXACT. */
export function inexact(reader: Avro | AvroField, writer: Avro | AvroField, at: At): readonly Found[] {
  if (isField(reader) || isField(writer)) return isField(reader) && isField(writer) ? defaults(reader, writer, at) : []
  const there = (token: string): At => ({ up: at, read: token, write: token })
  const all: Found[] = []
  const add = (rule: string, token: string, detail?: string): void =>
    void all.push({ rule, at: there(token), reader, writer, ...(detail !== undefined && { detail }) })
  if (lossy.has(`${writer.kind} ${reader.kind}`)) add('PROMOTION_LOSES_PRECISION', '')
  const read = logicalOf(reader)
  const written = logicalOf(writer)
  if (read?.name !== written?.name)
    add('LOGICAL_TYPE_CHANGED', '/logicalType', `${written?.name ?? 'none'} → ${read?.name ?? 'none'}`)
  else if (read?.precision !== undefined && written?.precision !== undefined) {
    if (read.scale !== written.scale) add('DECIMAL_SCALE_CHANGED', '/scale', `${written.scale} → ${read.scale}`)
    if (read.precision < written.precision)
      add('DECIMAL_PRECISION_DECREASED', '/precision', `${written.precision} → ${read.precision}`)
  }
  if (reader.kind === 'enum' && writer.kind === 'enum') all.push(...enums(reader, writer, at))
  return all
}

const logicalOf = (type: Avro): Logical | undefined => (type.kind === 'union' ? undefined : type.logical)

function enums(reader: AvroEnum, writer: AvroEnum, at: At): Found[] {
  const all: Found[] = []
  const before = writer.symbols.filter((symbol) => reader.known.has(symbol))
  const after = reader.symbols.filter((symbol) => writer.known.has(symbol))
  const moved = before.find((symbol, index) => symbol !== after[index])
  if (moved !== undefined)
    all.push({
      rule: 'ENUM_ORDER_CHANGED',
      at: { up: at, read: '/symbols', write: '/symbols' },
      reader,
      writer,
      detail: moved,
    })
  if (writer.default !== undefined && reader.default !== writer.default)
    all.push({ rule: 'ENUM_DEFAULT_CHANGED', at: { up: at, read: '/default', write: '/default' }, reader, writer })
  return all
}

/** What was written before the field existed is read with the default: two versions that differ in it read it differently. */
function defaults(reader: AvroField, writer: AvroField, at: At): Found[] {
  if (writer.default === undefined) return []
  const before = print(writer.default, true)
  const after = reader.default === undefined ? undefined : print(reader.default, true)
  if (before === after) return []
  const found = { at, reader: reader.type, writer: writer.type, field: reader }
  return after === undefined
    ? [{ ...found, rule: 'FIELD_DEFAULT_REMOVED', detail: before }]
    : [{ ...found, rule: 'FIELD_DEFAULT_CHANGED', detail: `${before} → ${after}` }]
}
