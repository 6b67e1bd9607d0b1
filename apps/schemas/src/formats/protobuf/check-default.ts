import { isFieldSet } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'

const ranges: ReadonlyMap<Type, readonly [bigint, bigint]> = new Map([
  ...[Type.INT32, Type.SINT32, Type.SFIXED32].map((type) => [type, [-(2n ** 31n), 2n ** 31n - 1n]] as const),
  ...[Type.INT64, Type.SINT64, Type.SFIXED64].map((type) => [type, [-(2n ** 63n), 2n ** 63n - 1n]] as const),
  ...[Type.UINT32, Type.FIXED32].map((type) => [type, [0n, 2n ** 32n - 1n]] as const),
  ...[Type.UINT64, Type.FIXED64].map((type) => [type, [0n, 2n ** 64n - 1n]] as const),
])

/** A default has to be a value of its field's type. That of an enum is looked at where its values are known. */
export function checkDefault(field: FieldDescriptorProto, wrong: (text: string) => Error): void {
  if (!isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) return
  const { type, defaultValue } = field
  const text = defaultValue.slice(0, 40)
  if (field.label === Label.REPEATED || type === Type.MESSAGE || type === Type.GROUP)
    throw wrong('only a single scalar or enum value may have a default')
  const range = ranges.get(type)
  if (range !== undefined) {
    const whole = /^-?\d{1,20}$/.test(defaultValue) ? BigInt(defaultValue) : undefined
    if (whole === undefined || whole < range[0] || whole > range[1])
      throw wrong(`its default ${text} is no value of its type`)
  } else if (type === Type.BOOL) {
    if (defaultValue !== 'true' && defaultValue !== 'false')
      throw wrong(`its default ${text} is neither true nor false`)
  } else if (type === Type.DOUBLE || type === Type.FLOAT) {
    if (!/^-?(inf|nan|\d+(\.\d+)?([eE][+-]?\d+)?)$/.test(defaultValue)) throw wrong(`its default ${text} is no number`)
  } else if (type === Type.ENUM && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(defaultValue))
    throw wrong(`its default ${text} is no name of a value`)
}
