import {
  ScalarType,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescOneof,
} from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence, FieldDescriptorProto_Label as Label } from '@bufbuild/protobuf/wkt'

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

type Verdicts = Map<DescMessage, Map<DescMessage, boolean>>
type Scope = {
  readonly messages: Sides<DescMessage>
  readonly tell: (difference: Difference) => void
  readonly files: Sides<DescFile>
  /** Of messages of other files: whether the reader survives. Those that are being compared count as survived. */
  readonly survived: Verdicts
}
type Types = { readonly messages: readonly DescMessage[]; readonly enums: readonly DescEnum[] }

/** Who has more of them has schemas that no person wrote. */
const differencesMax = 10_000

/**
 * All changes from what the writer has to what the reader has, with the meanings and in the words of Confluent's
 * registry: types by name, fields by number.
 */
export function differences(writer: DescFile, reader: DescFile): Difference[] {
  const found: Difference[] = []
  const tell = (difference: Difference): void => {
    if (found.length < differencesMax) found.push(difference)
  }
  const scope: Scope = { messages: {}, tell, files: { writer, reader }, survived: new Map() }
  if (writer.proto.package !== reader.proto.package) {
    const name = `${writer.proto.package || 'none'} → ${reader.proto.package || 'none'}`
    tell({ rule: 'PACKAGE_CHANGED', messages: { writer: writer.messages[0], reader: reader.messages[0] }, name })
  }
  compareTypes(scope, writer, reader)
  return found
}

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

function compareTypes(scope: Scope, writer: Types, reader: Types): void {
  const { tell } = scope
  for (const messages of pairs(writer.messages, reader.messages, ({ name }) => name)) {
    if (messages.reader === undefined) tell({ rule: 'MESSAGE_REMOVED', messages })
    else if (messages.writer === undefined) tell({ rule: 'MESSAGE_ADDED', messages })
    else {
      compareMessages(scope, messages.writer, messages.reader)
      if (writer.messages.indexOf(messages.writer) !== reader.messages.indexOf(messages.reader))
        tell({ rule: 'MESSAGE_MOVED', messages })
    }
  }
  for (const enums of pairs(writer.enums, reader.enums, ({ name }) => name)) {
    const { messages } = scope
    if (enums.reader === undefined) tell({ rule: 'ENUM_REMOVED', messages, enums })
    else if (enums.writer === undefined) tell({ rule: 'ENUM_ADDED', messages, enums })
    else compareEnums(scope, enums.writer, enums.reader)
  }
}

function compareEnums({ messages, tell }: Scope, writer: DescEnum, reader: DescEnum): void {
  const enums = { writer, reader }
  for (const { writer: old, reader: now } of pairs(distinct(writer), distinct(reader), ({ number }) => number)) {
    const value = old?.number ?? now?.number ?? 0
    if (now === undefined) tell({ rule: 'ENUM_CONST_REMOVED', messages, enums, value })
    else if (old === undefined) tell({ rule: 'ENUM_CONST_ADDED', messages, enums, value })
    else if (old.name !== now.name) tell({ rule: 'ENUM_CONST_CHANGED', messages, enums, value })
  }
}

/** Of the names of one number, the last one counts. */
const distinct = ({ values }: DescEnum) => [...new Map(values.map((value) => [value.number, value])).values()]

function compareMessages(outer: Scope, writer: DescMessage, reader: DescMessage): void {
  const messages = { writer, reader }
  const scope = { ...outer, messages }
  const fields = pairs(writer.fields, reader.fields, ({ number }) => number)
  const old = new Map(writer.fields.map((field) => [field.number, field]))
  for (const oneof of reader.oneofs) newlyExclusive(scope, oneof, old)
  for (const oneofs of pairs(writer.oneofs, reader.oneofs, ({ name }) => name)) {
    if (oneofs.reader === undefined) scope.tell({ rule: 'ONEOF_REMOVED', messages, oneofs })
    else if (oneofs.writer === undefined) scope.tell({ rule: 'ONEOF_ADDED', messages, oneofs })
  }
  for (const pair of fields.toSorted((a, b) => numberOf(a) - numberOf(b))) compareField(scope, pair)
  compareTypes(
    scope,
    { messages: writer.nestedMessages, enums: writer.nestedEnums },
    { messages: reader.nestedMessages, enums: reader.nestedEnums },
  )
}

const numberOf = ({ writer, reader }: Sides<DescField>): number => (writer ?? reader)?.number ?? 0

/** Fields that could be set together, and no longer can. What was in one oneof already could not. */
function newlyExclusive({ messages, tell }: Scope, oneof: DescOneof, old: ReadonlyMap<number, DescField>): void {
  const together = oneof.fields.flatMap(({ number }) => old.get(number) ?? [])
  const groups = new Set(together.map((field) => field.oneof ?? field))
  if (groups.size <= 1) return
  const fromTopLevel = together.filter((field) => field.oneof === undefined)
  const rule = fromTopLevel.length > 1 ? 'MULTIPLE_FIELDS_MOVED_TO_ONEOF' : 'FIELD_MOVED_TO_EXISTING_ONEOF'
  const one = [...groups].flatMap((group) =>
    group.kind === 'oneof' ? (together.find((field) => field.oneof === group) ?? []) : group,
  )
  const readers = { writer: one[0], reader: oneof.fields.find(({ number }) => number === one[0]?.number) }
  tell({ rule, messages, oneofs: { reader: oneof }, fields: readers, together: one })
}

const isRequired = (field: DescField): boolean => labelOf(field) === Label.REQUIRED

/** The label as it is written; most fields of proto3 and those of oneofs have none, and none is never compared. */
function labelOf(field: DescField): Label | undefined {
  if (field.fieldKind === 'list') return Label.REPEATED
  if (field.oneof !== undefined || field.presence === FeatureSet_FieldPresence.IMPLICIT) return undefined
  return field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED ? Label.REQUIRED : Label.OPTIONAL
}

function compareField(scope: Scope, fields: Sides<DescField>): void {
  const { messages } = scope
  const { writer, reader } = fields
  const oneofs = { writer: writer?.oneof, reader: reader?.oneof }
  const tell = (rule: Change): void => scope.tell({ rule, messages, fields, oneofs })
  if (writer === undefined) {
    if (reader?.oneof !== undefined) tell('ONEOF_FIELD_ADDED')
    else tell(reader !== undefined && isRequired(reader) ? 'REQUIRED_FIELD_ADDED' : 'FIELD_ADDED')
  } else if (reader === undefined) {
    if (writer.oneof === undefined) tell(isRequired(writer) ? 'REQUIRED_FIELD_REMOVED' : 'FIELD_REMOVED')
    else if (!isGone(writer.oneof, messages.reader)) tell('ONEOF_FIELD_REMOVED')
  } else {
    if (writer.oneof !== undefined && reader.oneof === undefined) tell('ONEOF_FIELD_MOVED_TO_TOP_LEVEL')
    if (writer.name !== reader.name) tell('FIELD_NAME_CHANGED')
    compareTypesOf(scope, writer, reader, tell)
  }
}

/** A oneof that is gone with all its fields may go. */
const isGone = (oneof: DescOneof, reader: DescMessage | undefined): boolean =>
  reader?.oneofs.every(({ name }) => name !== oneof.name) === true &&
  oneof.fields.every(({ number }) => reader.fields.every((field) => field.number !== number))

/** Numbers of different kinds are written differently; within a kind they are read as one another, perhaps cut short. */
const kinds: Readonly<Record<ScalarType, string>> = {
  [ScalarType.INT32]: 'number',
  [ScalarType.INT64]: 'number',
  [ScalarType.UINT32]: 'number',
  [ScalarType.UINT64]: 'number',
  [ScalarType.BOOL]: 'number',
  [ScalarType.SINT32]: 'signed',
  [ScalarType.SINT64]: 'signed',
  [ScalarType.STRING]: 'text',
  [ScalarType.BYTES]: 'text',
  [ScalarType.FIXED32]: 'fixed32',
  [ScalarType.SFIXED32]: 'fixed32',
  [ScalarType.FIXED64]: 'fixed64',
  [ScalarType.SFIXED64]: 'fixed64',
  [ScalarType.FLOAT]: 'float',
  [ScalarType.DOUBLE]: 'double',
}

const kindOf = (field: DescField): 'map' | 'message' | 'scalar' =>
  field.fieldKind === 'map' ? 'map' : field.message === undefined ? 'scalar' : 'message'

const scalarKind = (field: DescField): string => (field.scalar === undefined ? 'number' : kinds[field.scalar])

function compareTypesOf(scope: Scope, writer: DescField, reader: DescField, tell: (rule: Change) => void): void {
  if (kindOf(writer) !== kindOf(reader)) return tell('FIELD_KIND_CHANGED')
  if (writer.fieldKind === 'map' && reader.fieldKind === 'map') {
    if (kinds[writer.mapKey] !== kinds[reader.mapKey]) tell('FIELD_SCALAR_KIND_CHANGED')
    compareValues(scope, writer, reader, tell)
  } else compareValues(scope, writer, reader, tell)
}

function compareValues(scope: Scope, writer: DescField, reader: DescField, tell: (rule: Change) => void): void {
  if (writer.message !== undefined && reader.message !== undefined)
    return compareNamed(scope, writer.message, reader.message, tell)
  if (writer.message !== undefined || reader.message !== undefined) return tell('FIELD_KIND_CHANGED')
  if (scalarKind(writer) !== scalarKind(reader)) return tell('FIELD_SCALAR_KIND_CHANGED')
  const [before, after] = [labelOf(writer), labelOf(reader)]
  if (writer.fieldKind === 'map' || before === undefined || after === undefined || before === after) return
  tell(scalarKind(writer) === 'text' ? 'FIELD_STRING_OR_BYTES_LABEL_CHANGED' : 'FIELD_NUMERIC_LABEL_CHANGED')
}

/** Without its package: a type that moved to another package is still the same. */
export const localName = ({ typeName, file }: DescMessage | DescEnum): string =>
  file.proto.package === '' ? typeName : typeName.slice(file.proto.package.length + 1)

/** The messages of the file itself are compared where they stand; those of other files where they are used. */
function compareNamed(scope: Scope, writer: DescMessage, reader: DescMessage, tell: (rule: Change) => void): void {
  if (localName(writer) !== localName(reader)) return tell('FIELD_NAMED_TYPE_CHANGED')
  const isLocal = scope.files.writer === writer.file && scope.files.reader === reader.file
  if (isLocal || writer === reader) return
  const known = scope.survived.get(writer) ?? new Map<DescMessage, boolean>()
  scope.survived.set(writer, known)
  if (!known.has(reader)) {
    known.set(reader, true)
    const outward = (difference: Difference): void => {
      if (!changes[difference.rule]) known.set(reader, false)
      scope.tell(difference)
    }
    compareMessages({ ...scope, tell: outward }, writer, reader)
  }
  if (known.get(reader) === false) tell('FIELD_NAMED_TYPE_CHANGED')
}
