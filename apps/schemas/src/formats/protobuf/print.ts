import { isFieldSet } from '@bufbuild/protobuf'
import {
  Edition,
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  type MethodDescriptorProto,
  type ServiceDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import { int32Max, numberMax } from './limits.ts'
import type { Linked } from './link.ts'
import { joined, membersOf } from './names.ts'
import { bracketed, mention, nestedIn, printField, type Printing } from './print-field.ts'
import { indent, printOptions, quoted } from './print-options.ts'

type PrintOptions = {
  /** In an order that does not depend on how it was written, and with the whole names of types. */
  readonly normalized?: boolean
  /** Without extensions, and without the options that are extensions. */
  readonly withoutExtensions?: boolean
}
type Lines = readonly string[]

/** The parts that are not empty, each begins a line, with an empty line between them. */
const block = (head: string, parts: readonly Lines[]): string[] => {
  const kept = parts.filter((lines) => lines.length > 0)
  if (kept.length === 0) return [`${head} {}`]
  return [`${head} {`, ...kept.flatMap((lines, index) => [...(index === 0 ? [] : ['']), ...indent(lines)]), '}']
}

/**
 * A file as text, the same for the same descriptor and without comments, laid out as Confluent's registry does: what is
 * registered as text is found again by whoever has only the descriptor.
 */
export function print(linked: Linked, options: PrintOptions = {}): string {
  const printing: Printing = { ...options, linked, registry: linked.registry }
  const file = linked.desc.proto
  const groups = groupsOf(file.extension)
  const types = [
    ...file.messageType
      .filter(({ name }) => !groups.has(name))
      .flatMap((message) => printMessage(printing, message, file.package)),
    ...file.enumType.flatMap((enumeration) => printEnum(printing, enumeration)),
  ]
  const head = [...syntaxOf(file, printing), ...(file.package === '' ? [] : [`package ${file.package};`])]
  const rest: Lines[] = [
    importsOf(file, printing),
    optionsOf(file, printing),
    types,
    extensionsOf(printing, file, file.package),
    file.service.flatMap((service) => printService(printing, service)),
  ]
  return [...head, ...rest.filter((lines) => lines.length > 0).flatMap((lines) => ['', ...lines]), ''].join('\n')
}

function syntaxOf(file: FileDescriptorProto, { normalized }: Printing): string[] {
  if (file.syntax === 'editions') return [`edition = "${file.edition === Edition.EDITION_2023 ? '2023' : '2024'}";`]
  return normalized && file.syntax !== 'proto3' ? [] : [`syntax = "${file.syntax || 'proto2'}";`]
}

function importsOf(file: FileDescriptorProto, { normalized }: Printing): string[] {
  const isPublic = (index: number): boolean => file.publicDependency.includes(index)
  const lines = file.dependency.map((path, index) => ({
    path,
    index,
    line: `import ${isPublic(index) ? 'public ' : file.weakDependency.includes(index) ? 'weak ' : ''}${quoted(path)};`,
  }))
  const ordered = normalized ? lines.toSorted((a, b) => (a.path < b.path ? -1 : 1)) : lines
  return [...ordered.filter(({ index }) => !isPublic(index)), ...ordered.filter(({ index }) => isPublic(index))].map(
    ({ line }) => line,
  )
}

type Owner = Parameters<typeof printOptions>[0]
const optionsOf = (owner: Owner, printing: Printing): string[] =>
  printOptions(owner, printing).map((option) => `option ${option};`)

/** The messages that groups among the fields bring with them; they are printed where the group is. */
function groupsOf(fields: readonly FieldDescriptorProto[]): Set<string> {
  const groups = fields.filter((field) => isGroup(field))
  return new Set(groups.map(({ typeName }) => typeName.slice(typeName.lastIndexOf('.') + 1)))
}

const isGroup = (field: FieldDescriptorProto): boolean =>
  isFieldSet(field, FieldDescriptorProtoSchema.field.type) && field.type === Type.GROUP

const printMessage = (printing: Printing, message: DescriptorProto, scope: string): string[] =>
  block(`message ${message.name}`, bodyOf(printing, message, joined(scope, message.name)))

function bodyOf(printing: Printing, message: DescriptorProto, own: string): Lines[] {
  const groups = groupsOf([...message.field, ...message.extension])
  const inner = message.nestedType.filter(({ name, options }) => !groups.has(name) && options?.mapEntry !== true)
  const ranges = message.reservedRange.map(({ start, end }) => ({ start, end: end - 1 }))
  const plain = ordered(printing, message.field).filter((field) => !isInOneof(field))
  return [
    reserved(printing, ranges, message.reservedName, numberMax),
    optionsOf(message, printing),
    plain.filter((field) => !isGroup(field)).flatMap((field) => fieldLines(printing, field, message, own)),
    oneofsOf(printing, message, own),
    plain.filter(isGroup).flatMap((field) => fieldLines(printing, field, message, own)),
    extensionRanges(printing, message),
    extensionsOf(printing, message, own),
    [
      ...inner.flatMap((nested) => printMessage(printing, nested, own)),
      ...message.enumType.flatMap((enumeration) => printEnum(printing, enumeration)),
    ],
  ]
}

const ordered = ({ normalized }: Printing, fields: readonly FieldDescriptorProto[]): readonly FieldDescriptorProto[] =>
  normalized ? fields.toSorted((a, b) => a.number - b.number) : fields

const isInOneof = (field: FieldDescriptorProto): boolean =>
  isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && !field.proto3Optional

function oneofsOf(printing: Printing, message: DescriptorProto, own: string): string[] {
  const members = membersOf(message)
  const oneofs = message.oneofDecl.map((oneof, index) => ({
    oneof,
    fields: ordered(printing, (members.get(index) ?? []).filter(isInOneof)),
  }))
  const least = ({ fields }: { fields: readonly FieldDescriptorProto[] }): number => fields[0]?.number ?? 0
  return (printing.normalized ? oneofs.toSorted((a, b) => least(a) - least(b)) : oneofs)
    .filter(({ fields }) => fields.length > 0)
    .flatMap(({ oneof, fields }) => {
      const lines = (list: readonly FieldDescriptorProto[]): string[] =>
        list.flatMap((field) => fieldLines(printing, field, message, own))
      const [groups, others] = [fields.filter(isGroup), fields.filter((field) => !isGroup(field))]
      return block(`oneof ${oneof.name}`, [optionsOf(oneof, printing), lines(others), lines(groups)])
    })
}

/** A group ends with what is in its message; any other field is one line. */
function fieldLines(
  printing: Printing,
  field: FieldDescriptorProto,
  parent: { nestedType: DescriptorProto[] },
  scope: string,
): string[] {
  const line = printField(printing, field, parent.nestedType, scope)
  if (!isGroup(field)) return [`${line};`]
  const group = nestedIn(parent.nestedType, field, scope)
  return block(line, group === undefined ? [] : bodyOf(printing, group, joined(scope, group.name)))
}

type Extending = { extension: FieldDescriptorProto[]; nestedType?: DescriptorProto[]; messageType?: DescriptorProto[] }

/** One block for each extended message, in the order in which they come first. */
function extensionsOf(printing: Printing, owner: Extending, scope: string): string[] {
  if (printing.withoutExtensions) return []
  const parent = { nestedType: owner.nestedType ?? owner.messageType ?? [] }
  const extendees = new Map<string, FieldDescriptorProto[]>()
  for (const field of owner.extension) {
    const known = extendees.get(field.extendee)
    if (known === undefined) extendees.set(field.extendee, [field])
    else known.push(field)
  }
  return [...extendees].flatMap(([name, fields]) =>
    block(`extend ${mention(printing, name, scope)}`, [
      ordered(printing, fields).flatMap((field) => fieldLines(printing, field, parent, scope)),
    ]),
  )
}

function extensionRanges(printing: Printing, message: DescriptorProto): string[] {
  if (printing.withoutExtensions) return []
  const { extensionRange } = message
  return (printing.normalized ? extensionRange.toSorted((a, b) => a.start - b.start) : extensionRange).map((range) => {
    const options = printOptions(range, printing)
    const text = rangeText({ start: range.start, end: range.end - 1 }, numberMax)
    return `extensions ${text}${bracketed(options, printing)};`
  })
}

const rangeText = ({ start, end }: { start: number; end: number }, max: number): string =>
  start === end ? `${start}` : `${start} to ${end === max ? 'max' : end}`

/** Each on a line of its own: how they were grouped does not matter. */
function reserved(
  { normalized, linked }: Printing,
  ranges: readonly { start: number; end: number }[],
  names: readonly string[],
  max: number,
): string[] {
  const editions = linked.desc.proto.syntax === 'editions'
  return [
    ...(normalized ? ranges.toSorted((a, b) => a.start - b.start) : ranges).map((range) => rangeText(range, max)),
    ...(normalized ? names.toSorted() : names).map((name) =>
      editions && /^[A-Za-z_]\w*$/.test(name) ? name : quoted(name),
    ),
  ].map((text) => `reserved ${text};`)
}

/** The first value is that of a field which is not set, where zero is not the first; it stays where it is then. */
function printEnum(printing: Printing, enumeration: EnumDescriptorProto): string[] {
  const [first, ...rest] = enumeration.value
  const byNumber = rest.toSorted((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1))
  const values = printing.normalized && first !== undefined ? [first, ...byNumber] : enumeration.value
  return block(`enum ${enumeration.name}`, [
    [
      ...reserved(printing, enumeration.reservedRange, enumeration.reservedName, int32Max),
      ...optionsOf(enumeration, printing),
      ...values.map((value) => `${value.name} = ${value.number}${bracketed(printOptions(value, printing), printing)};`),
    ],
  ])
}

function printService(printing: Printing, service: ServiceDescriptorProto): string[] {
  const own = joined(printing.linked.desc.proto.package, service.name)
  return block(`service ${service.name}`, [
    optionsOf(service, printing),
    service.method.flatMap((method) => printMethod(printing, method, own)),
  ])
}

function printMethod(printing: Printing, method: MethodDescriptorProto, own: string): string[] {
  const side = (type: string, streams: boolean): string =>
    `(${streams ? 'stream ' : ''}${mention(printing, type, own)})`
  const head = `rpc ${method.name} ${side(method.inputType, method.clientStreaming)} returns ${side(method.outputType, method.serverStreaming)}`
  const options = optionsOf(method, printing)
  return options.length === 0 ? [`${head};`] : [`${head} {`, ...indent(options), '};']
}
