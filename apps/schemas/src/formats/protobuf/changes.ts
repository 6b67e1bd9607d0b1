import type { DescEnum, DescField, DescMessage, DescOneof } from '@bufbuild/protobuf'

/** The changes that Confluent's registry tells apart, and whether a reader survives them. */
export const changes = {
  PACKAGE_CHANGED: false,
  MESSAGE_ADDED: true,
  MESSAGE_REMOVED: false,
  MESSAGE_MOVED: true,
  ENUM_ADDED: true,
  ENUM_REMOVED: true,
  ENUM_CONST_ADDED: true,
  ENUM_CONST_CHANGED: true,
  ENUM_CONST_REMOVED: true,
  FIELD_ADDED: true,
  FIELD_REMOVED: true,
  FIELD_NAME_CHANGED: true,
  FIELD_KIND_CHANGED: false,
  FIELD_SCALAR_KIND_CHANGED: false,
  FIELD_NAMED_TYPE_CHANGED: false,
  FIELD_NUMERIC_LABEL_CHANGED: false,
  FIELD_STRING_OR_BYTES_LABEL_CHANGED: true,
  REQUIRED_FIELD_ADDED: false,
  REQUIRED_FIELD_REMOVED: false,
  ONEOF_ADDED: true,
  ONEOF_REMOVED: true,
  ONEOF_FIELD_ADDED: true,
  ONEOF_FIELD_REMOVED: false,
  ONEOF_FIELD_MOVED_TO_TOP_LEVEL: true,
  MULTIPLE_FIELDS_MOVED_TO_ONEOF: false,
  FIELD_MOVED_TO_EXISTING_ONEOF: false,
} as const
export type Change = keyof typeof changes

/** What was changed: the same thing on both sides, or on the side that has it. */
export type Difference<Rule = Change> = {
  readonly rule: Rule
  /** The messages that the change is in; both are there where both sides have them. */
  readonly messages: Sides<DescMessage>
  readonly fields?: Sides<DescField>
  readonly oneofs?: Sides<DescOneof>
  readonly enums?: Sides<DescEnum>
  /** Of the value of an enum. */
  readonly value?: number
  /** Of the fields that are in one oneof now. */
  readonly together?: readonly DescField[]
  /** What it is called, where it is none of these: a reservation, a method. */
  readonly name?: string
}
export type Sides<T> = { readonly writer?: T | undefined; readonly reader?: T | undefined }

/** What is on both sides under the same key, and what is on one of them. */
export const pairs = <T>(
  writers: readonly T[],
  readers: readonly T[],
  key: (item: T) => string | number,
): Sides<T>[] => {
  const theirs = new Map(readers.map((item) => [key(item), item]))
  const ours = new Set(writers.map(key))
  return [
    ...writers.map((writer) => ({ writer, reader: theirs.get(key(writer)) })),
    ...readers.filter((item) => !ours.has(key(item))).map((reader) => ({ writer: undefined, reader })),
  ]
}

/** Without its package: a type that moved to another package is still the same. */
export const localName = ({ typeName, file }: DescMessage | DescEnum): string =>
  file.proto.package === '' ? typeName : typeName.slice(file.proto.package.length + 1)
