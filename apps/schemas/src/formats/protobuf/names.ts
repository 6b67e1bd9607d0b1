import { isFieldSet } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
} from '@bufbuild/protobuf/wkt'

export const scalarTypes: Readonly<Record<string, Type | undefined>> = Object.assign(Object.create(null), {
  double: Type.DOUBLE,
  float: Type.FLOAT,
  int64: Type.INT64,
  uint64: Type.UINT64,
  int32: Type.INT32,
  fixed64: Type.FIXED64,
  fixed32: Type.FIXED32,
  bool: Type.BOOL,
  string: Type.STRING,
  bytes: Type.BYTES,
  uint32: Type.UINT32,
  sfixed32: Type.SFIXED32,
  sfixed64: Type.SFIXED64,
  sint32: Type.SINT32,
  sint64: Type.SINT64,
})
const scalarNames = new Map(Object.entries(scalarTypes).map(([name, type]) => [type, name]))
export const scalarName = (type: Type): string => scalarNames.get(type) ?? 'message'

/** `max_tries` as ProtoJSON writes it: `maxTries`. */
export const jsonNameOf = (name: string): string => name.replace(/_+(.?)/g, (_, letter: string) => letter.toUpperCase())
/** `max_tries` as the name of a map's entries begins: `MaxTries`. */
export const camelCase = (name: string): string => jsonNameOf(`_${name}`)

export const joined = (scope: string, name: string): string => (scope ? `${scope}.${name}` : name)

export type Kind = 'message' | 'enum' | 'package' | 'extension' | 'service' | 'other'
/** A name of a file, whole and without a dot before it, with what stands behind it. */
export type Named = { readonly name: string; readonly kind: Kind; readonly proto: { readonly name: string } }

/** All names that a file gives, messages before what is in them; a name that is given twice comes twice. */
export function* namesOf(file: FileDescriptorProto): Generator<Named> {
  for (const message of file.messageType) yield* inMessage(message, file.package)
  for (const enumeration of file.enumType) yield* inEnum(enumeration, file.package)
  for (const field of file.extension) yield { name: joined(file.package, field.name), kind: 'extension', proto: field }
  for (const service of file.service) {
    const name = joined(file.package, service.name)
    yield { name, kind: 'service', proto: service }
    for (const method of service.method) yield { name: joined(name, method.name), kind: 'other', proto: method }
  }
}

function* inMessage(message: DescriptorProto, scope: string): Generator<Named> {
  const own = joined(scope, message.name)
  yield { name: own, kind: 'message', proto: message }
  for (const field of message.field) yield { name: joined(own, field.name), kind: 'other', proto: field }
  for (const oneof of message.oneofDecl) yield { name: joined(own, oneof.name), kind: 'other', proto: oneof }
  for (const inner of message.nestedType) yield* inMessage(inner, own)
  for (const enumeration of message.enumType) yield* inEnum(enumeration, own)
  for (const field of message.extension) yield { name: joined(own, field.name), kind: 'extension', proto: field }
}

/** The values of an enum are named beside it, not in it. */
function* inEnum(enumeration: EnumDescriptorProto, scope: string): Generator<Named> {
  yield { name: joined(scope, enumeration.name), kind: 'enum', proto: enumeration }
  for (const value of enumeration.value) yield { name: joined(scope, value.name), kind: 'other', proto: value }
}

/** `a`, `a.b` and `a.b.c` for the package a.b.c. */
export const packagesOf = (name: string): string[] =>
  name === '' ? [] : name.split('.').map((_, index, parts) => parts.slice(0, index + 1).join('.'))

/**
 * The whole name behind a mention: the innermost scope that knows the mention's first word decides, as in C++, when
 * that word stands for something that holds others.
 */
export function resolve(
  mention: string,
  scope: string,
  lookup: (name: string) => Kind | undefined,
): string | undefined {
  if (mention.startsWith('.')) return lookup(mention.slice(1)) === undefined ? undefined : mention.slice(1)
  const dot = mention.indexOf('.')
  const first = dot < 0 ? mention : mention.slice(0, dot)
  for (let at = scope; ; at = at.slice(0, Math.max(at.lastIndexOf('.'), 0))) {
    const kind = lookup(joined(at, first))
    if (dot < 0) {
      if (kind === 'message' || kind === 'enum' || kind === 'extension') return joined(at, first)
    } else if (kind === 'message' || kind === 'package') {
      const whole = joined(at, mention)
      if (lookup(whole) !== undefined) return whole
      if (kind === 'message') return undefined
    }
    if (at === '') return undefined
  }
}

/** The fields of each oneof, by its index. */
export function membersOf({ field: fields }: DescriptorProto): Map<number, FieldDescriptorProto[]> {
  const members = new Map<number, FieldDescriptorProto[]>()
  for (const field of fields) {
    if (!isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex)) continue
    const known = members.get(field.oneofIndex)
    if (known === undefined) members.set(field.oneofIndex, [field])
    else known.push(field)
  }
  return members
}
