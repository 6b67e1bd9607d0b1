import { ScalarType, type DescField } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import type { Change, Difference } from './changes.ts'
import type { ExactRule } from './exact.ts'
import { typeText } from './fields.ts'

/** Of the changes that Confluent's registry tells apart, those that a reader does not survive. */
export type Found = Difference<Change | ExactRule>
type Words = { readonly message: string; readonly edit: string }

const named = (field: DescField | undefined): string => (field === undefined ? 'the field' : field.name)
const typed = (field: DescField | undefined): string => (field === undefined ? 'nothing' : labelled(field))
const { EXPLICIT, LEGACY_REQUIRED } = FeatureSet_FieldPresence
const label = ({ presence, oneof, message }: DescField): string => {
  if (presence === LEGACY_REQUIRED) return 'required '
  return presence === EXPLICIT && oneof === undefined && message === undefined ? 'optional ' : ''
}
const labelled = (field: DescField): string => `${field.fieldKind === 'list' ? '' : label(field)}${typeText(field)}`
const declared = (field: DescField | undefined): string =>
  field === undefined ? '' : `${labelled(field)} ${field.name} = ${field.number};`

/** Keeps the old type under the old number, and gives the other a new one. */
const keepType = ({ fields }: Found): string =>
  `Keep \`${declared(fields?.writer)}\`, and give a new number to a new field of type ${typed(fields?.reader)}.`

const typeChanged: (what: string) => (found: Found) => Words = (what) => (found) => ({
  message: `${what}: field ${found.fields?.writer?.number} ${named(found.fields?.writer)} is written as ${typed(found.fields?.writer)} and read as ${typed(found.fields?.reader)}`,
  edit: keepType(found),
})

const namesMax = 10
const exclusive = ({ oneofs, together = [] }: Found): string =>
  `${together
    .slice(0, namesMax)
    .map(({ name }) => name)
    .join(
      ' and ',
    )} could be set together and are both in oneof ${oneofs?.reader?.name} of the reader, which keeps only one of them`
const apart = ({ oneofs, together = [] }: Found): string =>
  `Leave ${together
    .slice(1, namesMax)
    .map(({ name }) => name)
    .join(', ')} outside of oneof ${oneofs?.reader?.name}, and add new fields to it instead.`

const valueOf = ({ name, value }: Found): string => `${name} = ${value}`
const enumOf = ({ enums }: Found): string => enums?.reader?.typeName ?? enums?.writer?.typeName ?? 'the enum'
const gone = ({ fields }: Found): DescField | undefined => fields?.writer ?? fields?.reader

type Told = Exclude<
  Change,
  | 'MESSAGE_ADDED'
  | 'MESSAGE_MOVED'
  | 'ENUM_ADDED'
  | 'ENUM_REMOVED'
  | 'ENUM_CONST_ADDED'
  | 'ENUM_CONST_CHANGED'
  | 'ENUM_CONST_REMOVED'
  | 'FIELD_ADDED'
  | 'FIELD_REMOVED'
  | 'FIELD_NAME_CHANGED'
  | 'FIELD_STRING_OR_BYTES_LABEL_CHANGED'
  | 'ONEOF_ADDED'
  | 'ONEOF_REMOVED'
  | 'ONEOF_FIELD_ADDED'
  | 'ONEOF_FIELD_MOVED_TO_TOP_LEVEL'
>

const confluent: Readonly<Record<Told, (found: Found) => Words>> = {
  PACKAGE_CHANGED: ({ name }) => ({
    message: `the package, and with it the whole name of each message, was changed: ${name}`,
    edit: 'Keep the package, or register the new one as a new subject.',
  }),
  MESSAGE_REMOVED: ({ messages }) => ({
    message: `the writer writes ${messages.writer?.typeName}, which the reader does not have`,
    edit: `Keep message ${messages.writer?.name}, and mark it with option deprecated = true.`,
  }),
  FIELD_KIND_CHANGED: typeChanged('a message, a map and a scalar are written in different ways'),
  FIELD_SCALAR_KIND_CHANGED: typeChanged('these types are written in different ways'),
  FIELD_NAMED_TYPE_CHANGED: ({ fields }) => ({
    message:
      fields?.writer?.message?.typeName === fields?.reader?.message?.typeName
        ? `${named(fields?.writer)} is a ${fields?.writer?.message?.typeName}, which has itself been changed so that it can not be read`
        : `${named(fields?.writer)} is written as ${typed(fields?.writer)} and read as another message, ${typed(fields?.reader)}`,
    edit: `Keep ${fields?.writer?.message?.typeName ?? 'the type'} as it was, and give a new number to a new field of the other type.`,
  }),
  FIELD_NUMERIC_LABEL_CHANGED: ({ fields }) => ({
    message: `${named(fields?.writer)} is written as ${typed(fields?.writer)} and read as ${typed(fields?.reader)}: a list of numbers is packed, and one number is not`,
    edit: `Keep \`${declared(fields?.writer)}\`, and give a new number to a new field that is ${typed(fields?.reader)}.`,
  }),
  REQUIRED_FIELD_ADDED: ({ fields }) => ({
    message: `the reader refuses messages without ${named(fields?.reader)}, which the writer never writes`,
    edit: `Make ${named(fields?.reader)} optional.`,
  }),
  REQUIRED_FIELD_REMOVED: ({ fields }) => ({
    message: `${named(fields?.writer)} is required by the writer's schema and not known to the reader's: whoever still has the former refuses what is written without it`,
    edit: `Keep \`${declared(fields?.writer)}\`; make it optional first, and remove it when nobody requires it.`,
  }),
  ONEOF_FIELD_REMOVED: ({ fields, oneofs }) => ({
    message: `the writer may choose ${named(fields?.writer)} in oneof ${oneofs?.writer?.name}, for which the reader sees nothing chosen`,
    edit: `Keep \`${declared(fields?.writer)}\` in the oneof, marked with [deprecated = true].`,
  }),
  MULTIPLE_FIELDS_MOVED_TO_ONEOF: (found) => ({ message: exclusive(found), edit: apart(found) }),
  FIELD_MOVED_TO_EXISTING_ONEOF: (found) => ({ message: exclusive(found), edit: apart(found) }),
}

const fieldRules = {
  FIELD_WIRE_JSON_COMPATIBLE_TYPE: typeChanged('not all values survive'),
  FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY: typeChanged('one value and a list of them are not the same'),
  FIELD_SAME_DEFAULT: ({ fields }) => ({
    message: `where ${named(fields?.writer)} is not written, the writer means ${defaultText(fields?.writer)} and the reader sees ${defaultText(fields?.reader)}`,
    edit: `Keep the default ${defaultText(fields?.writer)} of ${named(fields?.writer)}.`,
  }),
  FIELD_SAME_JSON_NAME: ({ fields }) => ({
    message: `in JSON, field ${fields?.writer?.number} is written as ${fields?.writer?.jsonName} and read as ${fields?.reader?.jsonName}`,
    edit: `Keep the name ${named(fields?.writer)}, or write [json_name = "${fields?.writer?.jsonName}"] behind ${named(fields?.reader)}.`,
  }),
  FIELD_SAME_NAME: ({ fields }) => ({
    message: `field ${fields?.writer?.number} is called ${named(fields?.writer)} by the writer and ${named(fields?.reader)} by the reader: JSON that keeps the names of the schema, field masks and the text format do not match`,
    edit: `Keep the name ${named(fields?.writer)}.`,
  }),
  FIELD_SAME_NUMBER: ({ fields }) => ({
    message: `${named(fields?.writer)} is written under number ${fields?.writer?.number} and looked for under ${fields?.reader?.number}`,
    edit: `Keep the number ${fields?.writer?.number} of ${named(fields?.writer)}.`,
  }),
  FIELD_SAME_ONEOF: ({ fields, oneofs }) => ({
    message: `${named(fields?.writer)} is in ${oneofs?.writer ? `oneof ${oneofs.writer.name}` : 'no oneof'} for the writer, and in ${oneofs?.reader ? `oneof ${oneofs.reader.name}` : 'none'} with the same others for the reader`,
    edit: `Leave ${named(fields?.writer)} ${oneofs?.writer ? `in oneof ${oneofs.writer.name}` : 'outside of any oneof'}.`,
  }),
  MESSAGE_SAME_REQUIRED_FIELDS: ({ fields }) => ({
    message: `the reader refuses messages without ${named(fields?.reader)}, which the writer may leave out`,
    edit: `Make ${named(fields?.reader)} optional.`,
  }),
  FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED: (found) => ({
    message: `field ${gone(found)?.number} ${named(gone(found))} is gone, and its number is free for something else`,
    edit: `Write \`reserved ${gone(found)?.number};\` in its message.`,
  }),
  FIELD_NO_DELETE_UNLESS_NAME_RESERVED: (found) => ({
    message: `field ${gone(found)?.number} ${named(gone(found))} is gone, and its name is free for something else`,
    edit: `Write \`reserved "${named(gone(found))}";\` in its message.`,
  }),
} satisfies Partial<Record<ExactRule, (found: Found) => Words>>

const otherRules = {
  ENUM_SAME_TYPE: (found) => ({
    message: `the writer's ${enumOf(found)} is open and may hold any number; the reader's is closed and drops those that it does not know`,
    edit: `Keep ${enumOf(found)} open, as proto3 and features.enum_type = OPEN have it.`,
  }),
  ENUM_VALUE_NO_DELETE: (found) => ({
    message: `the writer may write ${valueOf(found)}, for which the reader's ${enumOf(found)} has no value`,
    edit: `Keep \`${valueOf(found)} [deprecated = true];\` in ${enumOf(found)}.`,
  }),
  ENUM_VALUE_SAME_NAME: (found) => ({
    message: `the reader's ${enumOf(found)} has no name ${found.name} for ${found.value}, which the writer may write in JSON`,
    edit: `Keep \`${valueOf(found)};\` in ${enumOf(found)}; with option allow_alias = true a number may have two names.`,
  }),
  ENUM_VALUE_SAME_NUMBER: (found) => ({
    message: `${found.name} of ${enumOf(found)} is ${found.value} for the writer and another number for the reader`,
    edit: `Keep \`${valueOf(found)};\` in ${enumOf(found)}.`,
  }),
  ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED: (found) => ({
    message: `${valueOf(found)} of ${enumOf(found)} is gone, and its number is free for something else`,
    edit: `Write \`reserved ${found.value};\` in ${enumOf(found)}.`,
  }),
  ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED: (found) => ({
    message: `${valueOf(found)} of ${enumOf(found)} is gone, and its name is free for something else`,
    edit: `Write \`reserved "${found.name}";\` in ${enumOf(found)}.`,
  }),
  RESERVED_NUMBER_REUSED: ({ fields, name }) => ({
    message: `${named(fields?.reader ?? fields?.writer)} has the number ${name}, which is reserved because something else had it`,
    edit: `Give ${named(fields?.reader ?? fields?.writer)} a number that was never used, and keep \`reserved ${name};\`.`,
  }),
  RESERVED_NAME_REUSED: ({ fields, name }) => ({
    message: `${named(fields?.reader ?? fields?.writer)} has a name which is reserved because something else had it`,
    edit: `Call it otherwise, and keep \`reserved "${name}";\`.`,
  }),
  RESERVED_MESSAGE_NO_DELETE: ({ name }) => ({
    message: `${name} is no longer reserved, and free for something else`,
    edit: `Keep \`reserved ${name};\`.`,
  }),
  RESERVED_ENUM_NO_DELETE: ({ name }) => ({
    message: `${name} is no longer reserved, and free for something else`,
    edit: `Keep \`reserved ${name};\`.`,
  }),
  RPC_NO_DELETE: ({ name }) => ({
    message: `${name} may be called, and is not there any more`,
    edit: `Keep rpc ${name}, marked with option deprecated = true.`,
  }),
  RPC_SAME_REQUEST_TYPE: ({ name }) => rpcChanged(name, 'is called with another message than it takes'),
  RPC_SAME_RESPONSE_TYPE: ({ name }) => rpcChanged(name, 'answers with another message than is expected'),
  RPC_SAME_CLIENT_STREAMING: ({ name }) =>
    rpcChanged(name, 'takes a stream of messages on one side and one message on the other'),
  RPC_SAME_SERVER_STREAMING: ({ name }) =>
    rpcChanged(name, 'answers with a stream of messages on one side and with one on the other'),
} satisfies Partial<Record<ExactRule, (found: Found) => Words>>

const rpcChanged = (name = '', what: string): Words => ({
  message: `${name} ${what}`,
  edit: `Keep rpc ${name} as it was, and add another one.`,
})

const all: Readonly<Partial<Record<string, (found: Found) => Words>>> = { ...confluent, ...fieldRules, ...otherRules }

/** What a difference means, and what would pass. */
export const wordsOf = (found: Found): Words => all[found.rule]?.(found) ?? { message: found.rule, edit: '' }

function defaultText(field: DescField | undefined): string {
  if (field === undefined) return 'nothing'
  const written = field.proto.defaultValue || field.enum?.values[0]?.name
  if (written !== undefined && written !== '') return written
  if (field.scalar === ScalarType.STRING || field.scalar === ScalarType.BYTES) return 'nothing'
  return field.scalar === ScalarType.BOOL ? 'false' : '0'
}
