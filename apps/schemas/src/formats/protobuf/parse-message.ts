import { create } from '@bufbuild/protobuf'
import {
  DescriptorProtoSchema,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  EnumDescriptorProtoSchema,
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumValueDescriptorProtoSchema,
  OneofDescriptorProtoSchema,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { addOption, note, type Parsing } from './draft.ts'
import { depthMax, int32Max, numberMax } from './limits.ts'
import { parseField } from './parse-field.ts'
import { parseBracketed } from './parse-options.ts'
import { wrongAt, type Token } from './tokens.ts'

export function parseMessage(parsing: Parsing, depth: number): DescriptorProto {
  const { cursor } = parsing
  const first = cursor.next()
  const message = create(DescriptorProtoSchema, { name: cursor.name() })
  parseBody(parsing, message, first, depth)
  return message
}

/** What stands between the braces of a message or a group. */
function parseBody(parsing: Parsing, message: DescriptorProto, first: Token, depth: number): void {
  const { cursor } = parsing
  if (depth >= depthMax) throw wrongAt(first, message.name, `it is nested more than ${depthMax} deep`)
  note(parsing, message, first, cursor.expect('{'))
  while (!cursor.accept('}')) parseMember(parsing, message, depth)
  // A field that says `optional` in proto3 is alone in a oneof that nobody sees; those come after all others.
  const alone = message.field.filter(({ proto3Optional }) => proto3Optional)
  const taken = alone.length > 0 ? namesIn(message) : new Set<string>()
  for (const field of alone) {
    let name = `_${field.name}`
    while (taken.has(name)) name = `X${name}`
    taken.add(name)
    message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name }))
    field.oneofIndex = message.oneofDecl.length - 1
  }
}

const namesIn = ({ field, oneofDecl, nestedType, enumType, extension }: DescriptorProto): Set<string> =>
  new Set([field, oneofDecl, nestedType, enumType, extension].flatMap((list) => list.map(({ name }) => name)))

/** The words that begin a statement are no reserved words: they may be the name of a field's type too. */
function parseMember(parsing: Parsing, message: DescriptorProto, depth: number): void {
  const { cursor } = parsing
  if (cursor.accept(';')) return
  if (cursor.peek().kind === 'end') throw cursor.refuse(`'}'`)
  const braceFollows = cursor.peek(2).text === '{'
  if (cursor.is('message') && braceFollows) message.nestedType.push(parseMessage(parsing, depth + 1))
  else if (cursor.is('enum') && braceFollows) message.enumType.push(parseEnum(parsing))
  else if (cursor.is('oneof') && braceFollows) parseOneof(parsing, message, depth)
  else if (cursor.is('extend') && cursor.peek(2).text !== '=' && !cursor.isGlued())
    parseExtend(parsing, message.extension, message.nestedType, depth)
  else if (cursor.is('extensions') && cursor.peek(1).kind === 'int') parseExtensionRanges(parsing, message)
  else if (
    cursor.is('reserved') &&
    (cursor.peek(1).kind !== 'word' || [',', ';'].includes(cursor.peek(2).text)) &&
    !cursor.isGlued()
  )
    parseReserved(parsing, message, numberMax)
  else if (cursor.is('option') && !cursor.isGlued()) {
    cursor.next()
    addOption(parsing, message)
  } else parseField(parsing, message.field, { parent: message, depth, parseBody })
}

function parseOneof(parsing: Parsing, message: DescriptorProto, depth: number): void {
  const { cursor } = parsing
  const first = cursor.next()
  const oneof = create(OneofDescriptorProtoSchema, { name: cursor.name() })
  message.oneofDecl.push(oneof)
  note(parsing, oneof, first, cursor.expect('{'))
  const oneofIndex = message.oneofDecl.length - 1
  const before = message.field.length
  while (!cursor.accept('}')) {
    if (cursor.accept(';')) continue
    if (cursor.is('option') && !cursor.isGlued()) {
      cursor.next()
      addOption(parsing, oneof)
    } else parseField(parsing, message.field, { parent: message, depth, oneofIndex, parseBody })
  }
  if (message.field.length === before) throw wrongAt(first, oneof.name, 'a oneof needs at least one field')
}

/** `extend Type { … }`: the fields go to `fields`, the messages of groups to `messages`. */
export function parseExtend(
  parsing: Parsing,
  fields: FieldDescriptorProto[],
  messages: DescriptorProto[],
  depth: number,
): void {
  const { cursor } = parsing
  const first = cursor.next()
  const extendee = cursor.typeName()
  cursor.expect('{')
  const before = fields.length
  const groups = create(DescriptorProtoSchema)
  while (!cursor.accept('}'))
    if (!cursor.accept(';')) parseField(parsing, fields, { parent: groups, depth, extendee, parseBody })
  messages.push(...groups.nestedType)
  if (fields.length === before) throw wrongAt(first, extendee, 'it extends by nothing')
}

function parseExtensionRanges(parsing: Parsing, message: DescriptorProto): void {
  const { cursor, options, places } = parsing
  const first = cursor.next()
  const ranges = []
  do {
    const range = create(DescriptorProto_ExtensionRangeSchema, parseRange(parsing, 1, numberMax, 1))
    places.set(range, first)
    ranges.push(range)
  } while (cursor.accept(','))
  const raw = parseBracketed(cursor)
  cursor.expect(';')
  for (const range of ranges) if (raw.length > 0) options.set(range, raw)
  message.extensionRange.push(...ranges)
}

function parseRange({ cursor }: Parsing, min: number, max: number, beyond: number): { start: number; end: number } {
  const place = cursor.peek()
  const start = cursor.int(min, max)
  let end = start
  if (cursor.accept('to')) end = cursor.accept('max') ? max : cursor.int(min, max)
  if (end < start) throw wrongAt(place, '', `${start} to ${end} ends before it starts`)
  return { start, end: end + beyond }
}

function parseReserved(parsing: Parsing, owner: DescriptorProto | EnumDescriptorProto, max: number): void {
  const { cursor, places } = parsing
  const first = cursor.next()
  do {
    const { kind } = cursor.peek()
    if (kind === 'string') owner.reservedName.push(cursor.string())
    else if (kind === 'word' && parsing.syntax === 'editions') owner.reservedName.push(cursor.name())
    else if (owner.$typeName === 'google.protobuf.DescriptorProto') {
      const range = create(DescriptorProto_ReservedRangeSchema, parseRange(parsing, 1, max, 1))
      places.set(range, first)
      owner.reservedRange.push(range)
    } else {
      // The end of a range of an enum is in it, that of a message is not.
      const range = create(EnumDescriptorProto_EnumReservedRangeSchema, parseRange(parsing, -int32Max - 1, max, 0))
      places.set(range, first)
      owner.reservedRange.push(range)
    }
  } while (cursor.accept(','))
  cursor.expect(';')
}

export function parseEnum(parsing: Parsing): EnumDescriptorProto {
  const { cursor, options } = parsing
  const first = cursor.next()
  const enumeration = create(EnumDescriptorProtoSchema, { name: cursor.name() })
  note(parsing, enumeration, first, cursor.expect('{'))
  while (!cursor.accept('}')) {
    if (cursor.accept(';')) continue
    const place = cursor.peek()
    const isValue = cursor.peek(1).text === '='
    if (cursor.is('option') && !isValue) {
      cursor.next()
      addOption(parsing, enumeration)
    } else if (cursor.is('reserved') && !isValue) parseReserved(parsing, enumeration, int32Max)
    else {
      const name = cursor.name()
      cursor.expect('=')
      const value = create(EnumValueDescriptorProtoSchema, { name, number: cursor.int(-int32Max - 1, int32Max) })
      const raw = parseBracketed(cursor)
      if (raw.length > 0) options.set(value, raw)
      note(parsing, value, place, cursor.expect(';'))
      enumeration.value.push(value)
    }
  }
  return enumeration
}
