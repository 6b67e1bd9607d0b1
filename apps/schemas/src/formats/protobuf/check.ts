import { isFieldSet } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { Draft } from './draft.ts'
import { checkDefault } from './check-default.ts'
import { depthMax, int32Max, nameLengthMax, numberMax, packageLengthMax, packagePartsMax, rangesMax } from './limits.ts'
import { camelCase, joined, membersOf, type Named } from './names.ts'
import { wrongAt } from './tokens.ts'

type Check = { readonly file: FileDescriptorProto; readonly places: Draft['places'] }
type Range = { readonly start: number; readonly end: number }

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Kept for protobuf itself. */
const ownRange = { start: 19_000, end: 20_000 }
const mapKeys: ReadonlySet<Type> = new Set([
  Type.INT32,
  Type.INT64,
  Type.UINT32,
  Type.UINT64,
  Type.SINT32,
  Type.SINT64,
  Type.FIXED32,
  Type.FIXED64,
  Type.SFIXED32,
  Type.SFIXED64,
  Type.BOOL,
  Type.STRING,
])

/** Comes first, before anything is made of the parts. */
export function checkPackage({ package: name }: FileDescriptorProto): void {
  const parts = name.length > packageLengthMax ? [] : name.split('.')
  if (name.length > packageLengthMax || parts.length > packagePartsMax)
    throw wrongAt(
      undefined,
      'package',
      `it is longer than ${packageLengthMax} characters, or has more than ${packagePartsMax} parts`,
    )
  if (name !== '' && !parts.every((part) => namePattern.test(part)))
    throw wrongAt(undefined, 'package', 'it is no package name')
}

/** Comes before anything is made of the names of what is in it. */
export function checkName({ name, proto }: Named, places: Draft['places']): void {
  if (name.length <= nameLengthMax && namePattern.test(proto.name) && proto.name !== '__proto__') return
  throw wrongAt(places.get(proto), name.slice(0, 200), `it is no name, or longer than ${nameLengthMax} characters`)
}

/** What a compiler would refuse, by protobuf.dev's language specifications. Throws schemas.schema_invalid with the place. */
export function check(file: FileDescriptorProto, places: Draft['places']): void {
  const at = { file, places }
  for (const message of file.messageType) checkMessage(at, message, { scope: file.package, depth: 0 })
  for (const enumeration of file.enumType) checkEnum(at, enumeration, file.package)
  for (const field of file.extension) checkExtension(at, field, file.package)
}

function checkMessage(at: Check, message: DescriptorProto, { scope, depth }: { scope: string; depth: number }): void {
  const own = joined(scope, message.name)
  if (depth >= depthMax) throw wrongAt(at.places.get(message), own, `it is nested more than ${depthMax} deep`)
  const numbers = new Map<number, string>()
  const jsonNames = new Map<string, string>()
  checkRanges(at, message, own)
  for (const field of message.field) {
    const path = joined(own, field.name)
    const wrong = (text: string): Error => wrongAt(at.places.get(field), path, text)
    checkField(at, field, path)
    const other = numbers.get(field.number)
    if (other !== undefined) throw wrong(`its number ${field.number} is that of ${other}`)
    numbers.set(field.number, field.name)
    if (message.reservedName.includes(field.name)) throw wrong(`its name ${field.name} is reserved`)
    if (message.reservedRange.some((range) => isIn(range, field.number)))
      throw wrong(`its number ${field.number} is reserved`)
    if (message.extensionRange.some((range) => isIn(range, field.number)))
      throw wrong(`its number ${field.number} is kept for extensions`)
    if (field.jsonName === '__proto__' || field.jsonName.length > nameLengthMax || /^\[.*\]$|\0/s.test(field.jsonName))
      throw wrong('its json_name is no name')
    const alike = jsonNames.get(field.jsonName)
    if (alike !== undefined && at.file.syntax !== '' && at.file.syntax !== 'proto2')
      throw wrong(`its JSON name ${field.jsonName} is that of ${alike}`)
    jsonNames.set(field.jsonName, field.name)
    if (
      isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) &&
      message.oneofDecl[field.oneofIndex] === undefined
    )
      throw wrong('its oneof is not there')
  }
  checkOneofs(at, message, own)
  for (const inner of message.nestedType) {
    if (inner.options?.mapEntry === true) checkMapEntry(at, message, inner, own)
    checkMessage(at, inner, { scope: own, depth: depth + 1 })
  }
  for (const enumeration of message.enumType) checkEnum(at, enumeration, own)
  for (const field of message.extension) checkExtension(at, field, own)
}

const isIn = (range: Range, number: number): boolean => number >= range.start && number < range.end

function checkOneofs(at: Check, message: DescriptorProto, own: string): void {
  const members = membersOf(message)
  message.oneofDecl.forEach((oneof, index) => {
    const fields = members.get(index) ?? []
    const path = joined(own, oneof.name)
    if (fields.length === 0) throw wrongAt(at.places.get(oneof), path, 'a oneof needs at least one field')
    if (fields.some(({ proto3Optional }) => proto3Optional) && fields.length > 1)
      throw wrongAt(at.places.get(oneof), path, 'an optional field of proto3 is alone in its oneof')
    for (const field of fields) {
      if (field.label !== Label.OPTIONAL)
        throw wrongAt(at.places.get(field), joined(own, field.name), 'a field in a oneof has no label')
    }
  })
}

function checkRanges({ file, places }: Check, message: DescriptorProto, own: string): void {
  if (file.syntax === 'proto3' && message.extensionRange.length > 0)
    throw wrongAt(places.get(message.extensionRange[0] ?? message), own, 'proto3 has no extension ranges')
  refuseMany(message, message.extensionRange.length, wrongAt(places.get(message), own, tooMany))
  const ranges = [...message.reservedRange, ...message.extensionRange].toSorted((a, b) => a.start - b.start)
  ranges.forEach((range, index) => {
    const before = ranges[index - 1]
    const wrong = range.start < 1 || range.end <= range.start || range.end > numberMax + 1
    if (wrong) throw wrongAt(places.get(range), own, `a range goes from 1 to ${numberMax}`)
    if (before !== undefined && before.end > range.start)
      throw wrongAt(places.get(range), own, `${range.start} is in two of its ranges`)
  })
  refuseTwice(message.reservedName, (name) => wrongAt(places.get(message), own, `${name} is reserved twice`))
}

const tooMany = `it reserves more than ${rangesMax} numbers and names`

function refuseMany(
  { reservedRange, reservedName }: DescriptorProto | EnumDescriptorProto,
  others: number,
  error: Error,
): void {
  if (reservedRange.length + reservedName.length + others > rangesMax) throw error
}

function refuseTwice(names: readonly string[], error: (name: string) => Error): void {
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw error(name)
    seen.add(name)
  }
}

function checkField({ file, places }: Check, field: FieldDescriptorProto, path: string): void {
  const wrong = (text: string): Error => wrongAt(places.get(field), path, text)
  if (field.number < 1 || field.number > numberMax || isIn(ownRange, field.number))
    throw wrong(
      `its number ${field.number} is not between 1 and ${numberMax}, or is one of 19000 to 19999, which are protobuf's own`,
    )
  if (file.syntax === 'proto3') {
    if (field.label === Label.REQUIRED) throw wrong('proto3 has no required fields')
    if (field.type === Type.GROUP) throw wrong('proto3 has no groups')
    if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) throw wrong('proto3 has no defaults')
  } else if (field.proto3Optional) throw wrong('only proto3 has this kind of optional')
  const { type, typeName, name } = field
  if (type === Type.GROUP && name !== typeName.slice(typeName.lastIndexOf('.') + 1).toLowerCase())
    throw wrong('a group has the name of its message, in small letters')
  checkDefault(field, wrong)
}

function checkExtension(at: Check, field: FieldDescriptorProto, scope: string): void {
  const path = joined(scope, field.name)
  if (field.label === Label.REQUIRED) throw wrongAt(at.places.get(field), path, 'an extension may not be required')
  if (at.file.syntax === 'proto3' && !/^\.google\.protobuf\.[A-Za-z]+Options$/.test(field.extendee))
    throw wrongAt(at.places.get(field), path, 'proto3 extends nothing but options')
  checkField(at, field, path)
}

function checkMapEntry(at: Check, message: DescriptorProto, entry: DescriptorProto, own: string): void {
  const path = joined(own, entry.name)
  const [key, value, ...rest] = entry.field
  const maps = message.field.filter(({ typeName }) => typeName === `.${path}`)
  const map = maps[0]
  const fits =
    key?.name === 'key' &&
    key.number === 1 &&
    value?.name === 'value' &&
    value.number === 2 &&
    rest.length + entry.nestedType.length + entry.enumType.length + entry.oneofDecl.length + entry.extension.length ===
      0 &&
    maps.length === 1 &&
    map?.label === Label.REPEATED &&
    entry.name === `${camelCase(map.name)}Entry`
  if (!fits) throw wrongAt(at.places.get(entry), path, 'it is no entry of a map; write map<key, value> instead')
  if (!mapKeys.has(key.type) || key.label === Label.REPEATED)
    throw wrongAt(at.places.get(entry), path, 'the key of a map is a whole number, a bool or a string')
}

function checkEnum({ places }: Check, enumeration: EnumDescriptorProto, scope: string): void {
  const own = joined(scope, enumeration.name)
  const first = enumeration.value[0]
  if (first === undefined) throw wrongAt(places.get(enumeration), own, 'an enum needs at least one value')
  refuseMany(enumeration, 0, wrongAt(places.get(enumeration), own, tooMany))
  const ranges = enumeration.reservedRange.toSorted((a, b) => a.start - b.start)
  ranges.forEach((range, index) => {
    const before = ranges[index - 1]
    if (range.end < range.start || (before !== undefined && before.end >= range.start))
      throw wrongAt(
        places.get(range),
        own,
        `${range.start} is in two of its ranges, or its range ends before it starts`,
      )
  })
  refuseTwice(enumeration.reservedName, (name) => wrongAt(places.get(enumeration), own, `${name} is reserved twice`))
  for (const value of enumeration.value) {
    const wrong = (text: string): Error => wrongAt(places.get(value), joined(own, value.name), text)
    if (!Number.isInteger(value.number) || Math.abs(value.number) > int32Max + 1) throw wrong('its number is no int32')
    if (enumeration.reservedName.includes(value.name)) throw wrong(`its name ${value.name} is reserved`)
    if (ranges.some((range) => value.number >= range.start && value.number <= range.end))
      throw wrong(`its number ${value.number} is reserved`)
  }
}
