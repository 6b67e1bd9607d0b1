import { ScalarType, type DescField, type DescMessage, type DescOneof } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import type { Newer } from '../format.ts'
import { pairs, type Difference, type Sides } from './changes.ts'
import { compareEnums } from './exact-enums.ts'
import { compareReservations } from './exact-reserved.ts'
import { compareServices } from './exact-services.ts'
import type { Linked } from './link.ts'
import { fieldsByName } from './payload.ts'
import { defaultText } from './print-field.ts'

/**
 * What EXACT tells besides: the words are those of buf's rules of breaking changes, where buf has one. What differs is
 * judged by what a reader gets, on the wire and as JSON: a type may widen, and a reader may know more than a writer.
 */
export type ExactRule =
  | 'FIELD_WIRE_JSON_COMPATIBLE_TYPE'
  | 'FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY'
  | 'FIELD_SAME_DEFAULT'
  | 'FIELD_SAME_JSON_NAME'
  | 'FIELD_SAME_NAME'
  | 'FIELD_SAME_NUMBER'
  | 'FIELD_SAME_ONEOF'
  | 'MESSAGE_SAME_REQUIRED_FIELDS'
  | 'ENUM_SAME_TYPE'
  | 'ENUM_VALUE_NO_DELETE'
  | 'ENUM_VALUE_SAME_NAME'
  | 'ENUM_VALUE_SAME_NUMBER'
  | 'FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED'
  | 'FIELD_NO_DELETE_UNLESS_NAME_RESERVED'
  | 'ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED'
  | 'ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED'
  | 'RESERVED_NUMBER_REUSED'
  | 'RESERVED_NAME_REUSED'
  | 'RESERVED_MESSAGE_NO_DELETE'
  | 'RESERVED_ENUM_NO_DELETE'
  | 'RPC_NO_DELETE'
  | 'RPC_SAME_REQUEST_TYPE'
  | 'RPC_SAME_RESPONSE_TYPE'
  | 'RPC_SAME_CLIENT_STREAMING'
  | 'RPC_SAME_SERVER_STREAMING'

export type ExactScope = {
  readonly tell: (difference: Difference<ExactRule>) => void
  readonly newer: Newer | undefined
  /** Pairs that were met, so that what holds itself ends. */
  readonly done: Map<object, Set<object>>
  /** Messages that are not compared yet: they may hold one another deeper than calls can be nested. */
  readonly open: { readonly writer: DescMessage; readonly reader: DescMessage }[]
}

const { LEGACY_REQUIRED } = FeatureSet_FieldPresence

/** What is wrong with reading by `reader` what `writer` wrote, beyond what Confluent's registry compares. */
export function exactDifferences(writer: Linked, reader: Linked, newer?: Newer): Difference<ExactRule>[] {
  const found: Difference<ExactRule>[] = []
  const scope: ExactScope = {
    newer,
    done: new Map(),
    open: [],
    tell: (difference) => void found.push(difference),
  }
  compareTypes(scope, writer.desc, reader.desc)
  // More are added while these are compared.
  for (const { writer: old, reader: now } of scope.open) compareMessages(scope, old, now)
  compareServices(scope, writer.desc, reader.desc)
  return found
}

type Types = Pick<DescMessage, 'nestedMessages' | 'nestedEnums'> | Linked['desc']

function compareTypes(scope: ExactScope, writer: Types, reader: Types): void {
  const messagesOf = (types: Types) => ('messages' in types ? types.messages : types.nestedMessages)
  const enumsOf = (types: Types) => ('enums' in types ? types.enums : types.nestedEnums)
  for (const { writer: old, reader: now } of pairs(messagesOf(writer), messagesOf(reader), ({ name }) => name))
    if (old !== undefined && now !== undefined && isFirst(scope, old, now))
      scope.open.push({ writer: old, reader: now })
  for (const { writer: old, reader: now } of pairs(enumsOf(writer), enumsOf(reader), ({ name }) => name))
    if (old !== undefined && now !== undefined && isFirst(scope, old, now)) compareEnums(scope, old, now)
}

/** Whether the pair is to be compared: it is not one thing, and was not compared before. */
function isFirst({ done }: ExactScope, writer: object, reader: object): boolean {
  const known = done.get(writer) ?? new Set()
  if (writer === reader || known.has(reader)) return false
  done.set(writer, known.add(reader))
  return true
}

function compareMessages(scope: ExactScope, writer: DescMessage, reader: DescMessage): void {
  const messages = { writer, reader }
  const shared = sharedChoices(messages)
  const names = fieldsByName(reader)
  for (const fields of pairs(writer.fields, reader.fields, ({ number }) => number)) {
    if (fields.writer !== undefined && fields.reader !== undefined)
      compareFields(scope, messages, { writer: fields.writer, reader: fields.reader }, shared)
    else if (fields.writer !== undefined) {
      // What is lost under its number, JSON finds still under its name.
      const other = names.get(fields.writer.jsonName) ?? names.get(fields.writer.name)
      if (other !== undefined)
        scope.tell({ rule: 'FIELD_SAME_NUMBER', messages, fields: { writer: fields.writer, reader: other } })
    }
  }
  compareReservations(scope, messages)
  compareTypes(scope, writer, reader)
}

type Both = { readonly writer: DescField; readonly reader: DescField }

function compareFields(
  scope: ExactScope,
  messages: Sides<DescMessage>,
  fields: Both,
  shared: ReadonlyMap<DescOneof, string>,
): void {
  const { writer, reader } = fields
  const oneofs = { writer: writer.oneof, reader: reader.oneof }
  const tell = (rule: ExactRule): void => scope.tell({ rule, messages, fields, oneofs })
  const names = fieldsByName(reader.parent)
  if (names.get(writer.jsonName) !== reader) tell('FIELD_SAME_JSON_NAME')
  else if (writer.name !== reader.name && names.get(writer.name) !== reader) tell('FIELD_SAME_NAME')
  const shape = ({ fieldKind }: DescField): string => (fieldKind === 'list' || fieldKind === 'map' ? fieldKind : 'one')
  if (shape(writer) !== shape(reader)) return tell('FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY')
  if (reader.presence === LEGACY_REQUIRED && writer.presence !== LEGACY_REQUIRED) tell('MESSAGE_SAME_REQUIRED_FIELDS')
  if (!sameOneof(fields, shared)) tell('FIELD_SAME_ONEOF')
  if (!isReadAs(fields)) return tell('FIELD_WIRE_JSON_COMPATIBLE_TYPE')
  if (shape(writer) === 'one' && defaultOf(writer) !== defaultOf(reader)) tell('FIELD_SAME_DEFAULT')
  if (writer.enum !== undefined && reader.enum !== undefined && isFirst(scope, writer.enum, reader.enum))
    compareEnums(scope, writer.enum, reader.enum)
  if (writer.message !== undefined && reader.message !== undefined && isFirst(scope, writer.message, reader.message))
    scope.open.push({ writer: writer.message, reader: reader.message })
}

/** Of each oneof: its fields that are on both sides. */
function sharedChoices({ writer, reader }: Sides<DescMessage>): Map<DescOneof, string> {
  const numbersOf = (message?: DescMessage) => new Set(message?.fields.map(({ number }) => number))
  const [written, read] = [numbersOf(writer), numbersOf(reader)]
  const shared = ({ fields }: DescOneof): string =>
    fields
      .map(({ number }) => number)
      .filter((number) => written.has(number) && read.has(number))
      .toSorted((a, b) => a - b)
      .join()
  return new Map([...(writer?.oneofs ?? []), ...(reader?.oneofs ?? [])].map((oneof) => [oneof, shared(oneof)]))
}

/** Both are in a oneof with the same others, as far as both sides have these; or in none. */
function sameOneof({ writer, reader }: Both, shared: ReadonlyMap<DescOneof, string>): boolean {
  if (writer.oneof === undefined || reader.oneof === undefined) return writer.oneof === reader.oneof
  return shared.get(writer.oneof) === shared.get(reader.oneof)
}

/** Numbers that hold all of another's, on the wire and as JSON. */
const wider: Readonly<Partial<Record<ScalarType, readonly ScalarType[]>>> = {
  [ScalarType.INT32]: [ScalarType.INT64],
  [ScalarType.SINT32]: [ScalarType.SINT64],
  [ScalarType.UINT32]: [ScalarType.UINT64, ScalarType.INT64],
}

const isScalarReadAs = (writer: ScalarType, reader: ScalarType): boolean =>
  writer === reader || wider[writer]?.includes(reader) === true

function isReadAs({ writer, reader }: Both): boolean {
  if (writer.fieldKind === 'map' && reader.fieldKind === 'map' && !isScalarReadAs(writer.mapKey, reader.mapKey))
    return false
  if (writer.scalar !== undefined) return reader.scalar !== undefined && isScalarReadAs(writer.scalar, reader.scalar)
  if (writer.enum !== undefined) return reader.enum !== undefined
  return reader.message !== undefined && isDelimited(writer) === isDelimited(reader)
}

/** Groups, and what editions write as such, are written between marks, not behind their length. */
const isDelimited = (field: DescField): boolean => 'delimitedEncoding' in field && field.delimitedEncoding

/** What is read where nothing was written, as text. */
function defaultOf(field: DescField): string {
  if (field.enum !== undefined) {
    const named = field.enum.values.find(({ name }) => name === field.proto.defaultValue)
    return String((named ?? field.enum.values[0])?.number)
  }
  if (field.scalar === undefined) return ''
  const zero = field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES ? '' : '0'
  const written = defaultText(field.proto)
  return field.scalar === ScalarType.BOOL ? written || 'false' : written || zero
}
