import {
  ScalarType,
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescOneof,
} from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence, FieldDescriptorProto_Label as Label } from '@bufbuild/protobuf/wkt'
import { changes, localName, pairs, type Change, type Difference, type Sides } from './changes.ts'

/** Two messages of other files that are compared because fields hold them. */
type Held = {
  readonly writer: DescMessage
  readonly reader: DescMessage
  isBroken: boolean
  /** Tells of each field that holds the two that it holds what can't be read. */
  readonly tellHolders: (() => void)[]
}
type Scope = {
  readonly messages: Sides<DescMessage>
  readonly tell: (difference: Difference) => void
  readonly files: Sides<DescFile>
  readonly held: Map<DescMessage, Map<DescMessage, Held>>
  /** Those that are not compared yet: they may hold one another deeper than calls can be nested. */
  readonly open: Held[]
}
type Types = { readonly messages: readonly DescMessage[]; readonly enums: readonly DescEnum[] }

/** Of the changes that change nothing for a reader, only so many are told. */
const compatibleMax = 10_000

/**
 * All changes from what the writer has to what the reader has, with the meanings and in the words of Confluent's
 * registry: types by name, fields by number.
 */
export function differences(writer: DescFile, reader: DescFile): Difference[] {
  const found: Difference[] = []
  const tell = (difference: Difference): void => {
    if (!changes[difference.rule] || found.length < compatibleMax) found.push(difference)
  }
  const scope: Scope = { messages: {}, tell, files: { writer, reader }, held: new Map(), open: [] }
  if (writer.proto.package !== reader.proto.package) {
    const name = `${writer.proto.package || 'none'} → ${reader.proto.package || 'none'}`
    tell({ rule: 'PACKAGE_CHANGED', messages: { writer: writer.messages[0], reader: reader.messages[0] }, name })
  }
  compareTypes(scope, writer, reader)
  const broken: Held[] = []
  for (let held = scope.open.pop(); held !== undefined; held = scope.open.pop())
    compareMessages({ ...scope, tell: telling(tell, held, broken) }, held.writer, held.reader)
  for (let held = broken.pop(); held !== undefined; held = broken.pop()) for (const each of held.tellHolders) each()
  return found
}

/** Tells, and takes note of it where two messages have been changed so that they can't be read. */
const telling =
  (tell: Scope['tell'], held: Held, broken: Held[]): Scope['tell'] =>
  (difference) => {
    tell(difference)
    if (changes[difference.rule] || held.isBroken) return
    held.isBroken = true
    broken.push(held)
  }

function compareTypes(scope: Scope, writer: Types, reader: Types): void {
  const { tell } = scope
  const [before, after] = [writer, reader].map(({ messages }) => new Map(messages.map((each, index) => [each, index])))
  for (const messages of pairs(writer.messages, reader.messages, ({ name }) => name)) {
    if (messages.reader === undefined) tell({ rule: 'MESSAGE_REMOVED', messages })
    else if (messages.writer === undefined) tell({ rule: 'MESSAGE_ADDED', messages })
    else {
      compareMessages(scope, messages.writer, messages.reader)
      if (before?.get(messages.writer) !== after?.get(messages.reader)) tell({ rule: 'MESSAGE_MOVED', messages })
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
  const gone = goneOneofs(writer, reader)
  for (const pair of fields.toSorted((a, b) => numberOf(a) - numberOf(b))) compareField(scope, pair, gone)
  compareTypes(
    scope,
    { messages: writer.nestedMessages, enums: writer.nestedEnums },
    { messages: reader.nestedMessages, enums: reader.nestedEnums },
  )
}

const numberOf = ({ writer, reader }: Sides<DescField>): number => (writer ?? reader)?.number ?? 0

/** Fields that could be set together, and no longer can. What was in one oneof already could not. */
function newlyExclusive({ messages, tell }: Scope, oneof: DescOneof, old: ReadonlyMap<number, DescField>): void {
  const groups = new Map<DescField | DescOneof, DescField>()
  for (const { number } of oneof.fields) {
    const field = old.get(number)
    if (field !== undefined && !groups.has(field.oneof ?? field)) groups.set(field.oneof ?? field, field)
  }
  const together = [...groups.values()]
  const [first] = together
  if (first === undefined || together.length === 1) return
  const fromTopLevel = together.filter((field) => field.oneof === undefined)
  const rule = fromTopLevel.length > 1 ? 'MULTIPLE_FIELDS_MOVED_TO_ONEOF' : 'FIELD_MOVED_TO_EXISTING_ONEOF'
  const fields = { writer: first, reader: oneof.fields.find(({ number }) => number === first.number) }
  tell({ rule, messages, oneofs: { reader: oneof }, fields, together })
}

const isRequired = (field: DescField): boolean => labelOf(field) === Label.REQUIRED

/** The label as it is written; most fields of proto3 and those of oneofs have none, and none is never compared. */
function labelOf(field: DescField): Label | undefined {
  if (field.fieldKind === 'list') return Label.REPEATED
  if (field.oneof !== undefined || field.presence === FeatureSet_FieldPresence.IMPLICIT) return undefined
  return field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED ? Label.REQUIRED : Label.OPTIONAL
}

function compareField(scope: Scope, fields: Sides<DescField>, gone: ReadonlySet<DescOneof>): void {
  const { messages } = scope
  const { writer, reader } = fields
  const oneofs = { writer: writer?.oneof, reader: reader?.oneof }
  const tell = (rule: Change): void => scope.tell({ rule, messages, fields, oneofs })
  if (writer === undefined) {
    if (reader?.oneof !== undefined) tell('ONEOF_FIELD_ADDED')
    else tell(reader !== undefined && isRequired(reader) ? 'REQUIRED_FIELD_ADDED' : 'FIELD_ADDED')
  } else if (reader === undefined) {
    if (writer.oneof === undefined) tell(isRequired(writer) ? 'REQUIRED_FIELD_REMOVED' : 'FIELD_REMOVED')
    else if (!gone.has(writer.oneof)) tell('ONEOF_FIELD_REMOVED')
  } else {
    if (writer.oneof !== undefined && reader.oneof === undefined) tell('ONEOF_FIELD_MOVED_TO_TOP_LEVEL')
    if (writer.name !== reader.name) tell('FIELD_NAME_CHANGED')
    compareTypesOf(scope, writer, reader, tell)
  }
}

/** A oneof that is gone with all its fields may go. */
function goneOneofs(writer: DescMessage, reader: DescMessage): Set<DescOneof> {
  const names = new Set(reader.oneofs.map(({ name }) => name))
  const numbers = new Set(reader.fields.map(({ number }) => number))
  return new Set(
    writer.oneofs.filter(({ name, fields }) => !names.has(name) && fields.every(({ number }) => !numbers.has(number))),
  )
}

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

/** The messages of the file itself are compared where they stand; those of other files because they are held. */
function compareNamed(scope: Scope, writer: DescMessage, reader: DescMessage, tell: (rule: Change) => void): void {
  if (localName(writer) !== localName(reader)) return tell('FIELD_NAMED_TYPE_CHANGED')
  const isLocal = scope.files.writer === writer.file && scope.files.reader === reader.file
  if (isLocal || writer === reader) return
  const others = scope.held.get(writer) ?? new Map<DescMessage, Held>()
  const known = others.get(reader)
  const held = known ?? { writer, reader, isBroken: false, tellHolders: [] }
  if (known === undefined) {
    scope.held.set(writer, others.set(reader, held))
    scope.open.push(held)
  }
  held.tellHolders.push(() => tell('FIELD_NAMED_TYPE_CHANGED'))
}
