import { create } from '@bufbuild/protobuf'
import {
  DescriptorProtoSchema,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  MessageOptionsSchema,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { note, type Parsing } from './draft.ts'
import { int32Max } from './limits.ts'
import { camelCase, jsonNameOf, scalarTypes } from './names.ts'
import { parseBracketed, type RawOption } from './parse-options.ts'
import { bytesOf, escaped, stringOf, wrongAt, type Place, type Token } from './tokens.ts'

const labels: Readonly<Record<string, Label>> = {
  optional: Label.OPTIONAL,
  required: Label.REQUIRED,
  repeated: Label.REPEATED,
}

type Where = {
  readonly parent: DescriptorProto
  readonly depth: number
  readonly oneofIndex?: number
  readonly extendee?: string
  /** Groups hold what messages hold. */
  readonly parseBody: (parsing: Parsing, message: DescriptorProto, first: Token, depth: number) => void
}

/** A field, a map or a group, into `fields`. */
export function parseField(parsing: Parsing, fields: FieldDescriptorProto[], where: Where): void {
  const { cursor, syntax } = parsing
  const first = cursor.peek()
  const written = labels[first.text]
  const isLabel = cursor.peek(1).kind === 'word' ? cursor.peek(2).text !== '=' : cursor.peek(1).text === '.'
  if (written !== undefined && isLabel && !cursor.isGlued()) cursor.next()
  const label = cursor.peek() === first ? undefined : written
  const field = create(FieldDescriptorProtoSchema, { label: label ?? Label.OPTIONAL })
  if (where.oneofIndex !== undefined) field.oneofIndex = where.oneofIndex
  if (where.extendee !== undefined) field.extendee = where.extendee
  const isMap = cursor.is('map') && cursor.peek(1).text === '<'
  if (!isMap) refuseLabel(parsing, first, label, where)
  if (label === Label.OPTIONAL && syntax === 'proto3') field.proto3Optional = true
  if (isMap) parseMapType(parsing, field, where, label !== undefined)
  else if (cursor.is('group') && cursor.peek(2).text === '=') return parseGroup(parsing, field, fields, where)
  else setType(field, cursor.typeName())
  field.name = cursor.name()
  if (isMap) nameMapEntry(where.parent, field)
  cursor.expect('=')
  field.number = cursor.int(-int32Max - 1, int32Max)
  finish(parsing, field)
  note(parsing, field, first, cursor.expect(';'))
  fields.push(field)
}

function refuseLabel({ syntax }: Parsing, place: Place, label: Label | undefined, where: Where): void {
  if (where.oneofIndex !== undefined) {
    if (label !== undefined) throw wrongAt(place, '', 'a field in a oneof has no label; leave it out')
  } else if (syntax === 'proto2' && label === undefined)
    throw wrongAt(place, '', "a field of proto2 begins with 'optional', 'required' or 'repeated'")
  else if (syntax === 'proto3' && label === Label.REQUIRED)
    throw wrongAt(place, '', "'required' is not in proto3; leave it out")
  else if (syntax === 'editions' && (label === Label.REQUIRED || label === Label.OPTIONAL))
    throw wrongAt(place, '', 'editions have no such label; write [features.field_presence = …] instead')
}

function setType(field: FieldDescriptorProto, name: string): void {
  const scalar = scalarTypes[name]
  if (scalar === undefined) field.typeName = name
  else field.type = scalar
}

/** Adds the message of its entries, which takes its name from the field's, which comes after. */
function parseMapType({ cursor }: Parsing, field: FieldDescriptorProto, where: Where, labelled: boolean): void {
  const place = cursor.next()
  if (labelled || where.oneofIndex !== undefined || where.extendee !== undefined)
    throw wrongAt(place, '', 'a map has no label, and is in no oneof and no extension')
  cursor.expect('<')
  const key = create(FieldDescriptorProtoSchema, { name: 'key', number: 1, label: Label.OPTIONAL, jsonName: 'key' })
  setType(key, cursor.typeName())
  cursor.expect(',')
  const value = create(FieldDescriptorProtoSchema, {
    name: 'value',
    number: 2,
    label: Label.OPTIONAL,
    jsonName: 'value',
  })
  setType(value, cursor.typeName())
  cursor.expect('>')
  field.label = Label.REPEATED
  field.type = Type.MESSAGE
  where.parent.nestedType.push(
    create(DescriptorProtoSchema, {
      field: [key, value],
      options: create(MessageOptionsSchema, { mapEntry: true }),
    }),
  )
}

function nameMapEntry(parent: DescriptorProto, field: FieldDescriptorProto): void {
  const entry = parent.nestedType.at(-1)
  if (entry === undefined) return
  entry.name = `${camelCase(field.name)}Entry`
  field.typeName = entry.name
}

function parseGroup(parsing: Parsing, field: FieldDescriptorProto, fields: FieldDescriptorProto[], where: Where): void {
  const { cursor } = parsing
  const first = cursor.next()
  if (parsing.syntax !== 'proto2') throw wrongAt(first, '', 'groups are in proto2 only; make it a message')
  const name = cursor.name()
  if (!/^[A-Z]/.test(name)) throw wrongAt(first, name, 'the name of a group begins with a capital letter')
  cursor.expect('=')
  field.name = name.toLowerCase()
  field.number = cursor.int(-int32Max - 1, int32Max)
  field.type = Type.GROUP
  field.typeName = name
  finish(parsing, field)
  note(parsing, field, first)
  const message = create(DescriptorProtoSchema, { name })
  where.parseBody(parsing, message, first, where.depth + 1)
  where.parent.nestedType.push(message)
  fields.push(field)
}

/** The options of a field; its JSON name and its default stand among them, but are none. */
function finish(parsing: Parsing, field: FieldDescriptorProto): void {
  field.jsonName = jsonNameOf(field.name)
  const rest: RawOption[] = []
  for (const option of parseBracketed(parsing.cursor)) {
    const [name, ...more] = option.name
    if (name === undefined || name.extension || more.length > 0) rest.push(option)
    else if (name.name === 'json_name') {
      if (!/^["']/.test(option.value)) throw wrongAt(option.place, field.name, 'json_name has to be a text in quotes')
      field.jsonName = stringOf(option.value)
    } else if (name.name === 'default') setDefault(parsing, field, option)
    else rest.push(option)
  }
  if (rest.length > 0) parsing.options.set(field, rest)
}

const floats = new Set([Type.DOUBLE, Type.FLOAT])

/** Whether it is a value of the field's type is seen when the file is checked. */
function setDefault({ syntax }: Parsing, field: FieldDescriptorProto, { value, place }: RawOption): void {
  if (syntax === 'proto3') throw wrongAt(place, field.name, 'proto3 has no defaults; leave it out')
  const named = field.typeName !== ''
  if (field.label === Label.REPEATED || (!named && field.type === Type.GROUP))
    throw wrongAt(place, field.name, 'only a single value may have a default')
  if (/^["']/.test(value)) {
    const parts = value.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g) ?? []
    if (named || (field.type !== Type.STRING && field.type !== Type.BYTES))
      throw wrongAt(place, field.name, 'its default may not be a text')
    const bytes = Buffer.concat(parts.map(bytesOf))
    field.defaultValue = field.type === Type.BYTES ? escaped(bytes) : bytes.toString('utf8')
  } else if (named) field.defaultValue = value
  else if (field.type === Type.STRING || field.type === Type.BYTES)
    throw wrongAt(place, field.name, 'its default has to be a text in quotes')
  else if (floats.has(field.type)) field.defaultValue = floatText(value)
  else if (/^-?(0[xX][0-9a-fA-F]+|\d+)$/.test(value)) field.defaultValue = intText(value)
  else field.defaultValue = value
}

const floatText = (value: string): string =>
  /^-?(inf|nan)$/.test(value) ? value : String(Number(value.replace(/[fF]$/, '')))

function intText(value: string): string {
  const digits = value.replace('-', '')
  const whole = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits)
  return String(value.startsWith('-') ? -whole : whole)
}
