import type { DescEnum, DescExtension, DescField, DescFile, DescMessage } from '@bufbuild/protobuf'
import { FieldDescriptorProto_Type as Type } from '@bufbuild/protobuf/wkt'
import type { Draft } from './draft.ts'
import { wrongAt } from './tokens.ts'

const unpackable: ReadonlySet<Type> = new Set([Type.STRING, Type.BYTES, Type.MESSAGE, Type.GROUP])

/** What can be refused only where the options and the features of editions are known. */
export function checkMeanings(file: DescFile, places: Draft['places']): void {
  const inMessage = (message: DescMessage): void => {
    for (const field of message.fields) checkField(field, `${message.typeName}.${field.name}`, places)
    message.nestedEnums.forEach((enumeration) => checkEnum(enumeration, places))
    message.nestedExtensions.forEach((field) => checkExtension(field, places))
    message.nestedMessages.forEach(inMessage)
  }
  file.messages.forEach(inMessage)
  file.enums.forEach((enumeration) => checkEnum(enumeration, places))
  file.extensions.forEach((field) => checkExtension(field, places))
}

function checkExtension(field: DescExtension, places: Draft['places']): void {
  const { extendee, number } = field
  if (!extendee.proto.extensionRange.some(({ start, end }) => number >= start && number < end))
    throw wrongAt(
      places.get(field.proto),
      field.typeName,
      `its number ${number} is in none of the ranges that ${extendee.typeName} keeps for extensions`,
    )
  checkField(field, field.typeName, places)
}

function checkField(field: DescField | DescExtension, path: string, places: Draft['places']): void {
  const wrong = (text: string): Error => wrongAt(places.get(field.proto), path, text)
  if (field.proto.options?.packed === true && (field.fieldKind !== 'list' || unpackable.has(field.proto.type)))
    throw wrong('only repeated numbers, bools and enums can be packed')
  const named = field.fieldKind === 'enum' && field.proto.defaultValue !== '' ? field.proto.defaultValue : undefined
  if (named !== undefined && !field.enum?.values.some(({ name }) => name === named))
    throw wrong(`its default ${named.slice(0, 100)} is no value of ${field.enum?.typeName ?? 'its enum'}`)
}

function checkEnum(enumeration: DescEnum, places: Draft['places']): void {
  const [first] = enumeration.values
  if (enumeration.open && first !== undefined && first.number !== 0)
    throw wrongAt(places.get(first.proto), `${enumeration.typeName}.${first.name}`, 'the first value has to be 0')
  if (enumeration.proto.options?.allowAlias === true) return
  const names = new Map<number, string>()
  for (const value of enumeration.values) {
    const other = names.get(value.number)
    if (other !== undefined)
      throw wrongAt(
        places.get(value.proto),
        `${enumeration.typeName}.${value.name}`,
        `its number ${value.number} is that of ${other}; say so with option allow_alias = true`,
      )
    names.set(value.number, value.name)
  }
}
