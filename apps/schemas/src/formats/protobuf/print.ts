import { isFieldSet, type Registry } from '@bufbuild/protobuf'
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
import { joined } from './names.ts'
import { bracketed, mention, printField } from './print-field.ts'
import { printOptions, quoted } from './print-options.ts'

export type PrintOptions = {
  /** Without comments, and in an order that does not depend on how it was written. */
  readonly normalized?: boolean
  /** Without extensions, and without the options that are extensions. */
  readonly withoutExtensions?: boolean
}

type Printing = PrintOptions & { readonly linked: Linked; readonly registry: Registry | undefined }
type Block = readonly string[]

const indent = (lines: Block): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`))
const block = (head: string, lines: Block): string[] =>
  lines.length === 0 ? [`${head} {}`] : [`${head} {`, ...indent(lines), '}']
const byName = <T extends { name: string }>(list: readonly T[]): T[] =>
  list.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

/** A file as text, the same for the same descriptor. */
export function print(linked: Linked, options: PrintOptions = {}): string {
  const printing: Printing = {
    ...options,
    linked,
    registry: options.withoutExtensions === true ? undefined : linked.registry,
  }
  const file = linked.desc.proto
  const groups = groupsOf(file.extension)
  const parts: Block[] = [
    [syntaxOf(file)],
    file.package === '' ? [] : [`package ${file.package};`],
    importsOf(file, printing),
    optionsOf(file, printing),
    ...file.messageType
      .filter(({ name }) => !groups.has(name))
      .map((message) => printMessage(printing, message, file.package)),
    ...enumsOf(file.enumType, printing).map((enumeration) => printEnum(printing, enumeration, file.package)),
    ...extensionsOf(printing, file, file.package),
    ...(printing.normalized ? byName(file.service) : file.service).map((service) => printService(printing, service)),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

function syntaxOf(file: FileDescriptorProto): string {
  if (file.syntax !== 'editions') return `syntax = "${file.syntax || 'proto2'}";`
  return `edition = "${file.edition === Edition.EDITION_2023 ? '2023' : '2024'}";`
}

function importsOf(file: FileDescriptorProto, { normalized }: Printing): string[] {
  const lines = file.dependency.map((path, index) => {
    const kind = file.publicDependency.includes(index) ? 'public ' : file.weakDependency.includes(index) ? 'weak ' : ''
    return { name: path, line: `import ${kind}${quoted(path)};` }
  })
  return (normalized ? byName(lines) : lines).map(({ line }) => line)
}

type Owner = Parameters<typeof printOptions>[0]
const optionsOf = (owner: Owner, { registry, normalized }: Printing): string[] => {
  const lines = printOptions(owner, registry).map((option) => `option ${option};`)
  return normalized ? lines.toSorted((a, b) => (nameIn(a) < nameIn(b) ? -1 : nameIn(a) > nameIn(b) ? 1 : 0)) : lines
}
const nameIn = (line: string): string => line.slice(0, line.indexOf(' = '))
const enumsOf = (enums: readonly EnumDescriptorProto[], { normalized }: Printing) =>
  normalized ? byName(enums) : enums

/** What is said of something, as comments. */
const docLines = ({ linked, normalized }: Printing, name: string): string[] =>
  normalized ? [] : (linked.docs.get(name)?.split('\n') ?? []).map((line) => `// ${line}`.trimEnd())

/** The messages that groups among the fields bring with them; they are printed where the group is. */
function groupsOf(fields: readonly FieldDescriptorProto[]): Set<string> {
  const groups = fields.filter(
    (field) => isFieldSet(field, FieldDescriptorProtoSchema.field.type) && field.type === Type.GROUP,
  )
  return new Set(groups.map(({ typeName }) => typeName.slice(typeName.lastIndexOf('.') + 1)))
}

function printMessage(printing: Printing, message: DescriptorProto, scope: string): string[] {
  const own = joined(scope, message.name)
  return [...docLines(printing, own), ...block(`message ${message.name}`, printBody(printing, message, own))]
}

function printBody(printing: Printing, message: DescriptorProto, own: string): string[] {
  const groups = groupsOf([...message.field, ...message.extension])
  const inner = message.nestedType.filter(({ name, options }) => !groups.has(name) && options?.mapEntry !== true)
  const parts: Block[] = [
    [...optionsOf(message, printing), ...printFields(printing, message, own)],
    ...inner.map((nested) => printMessage(printing, nested, own)),
    ...enumsOf(message.enumType, printing).map((enumeration) => printEnum(printing, enumeration, own)),
    ...extensionsOf(printing, message, own),
    extensionRanges(printing, message),
    reserved(
      printing,
      message.reservedRange.map(({ start, end }) => ({ start, end: end - 1 })),
      message.reservedName,
      numberMax,
    ),
  ]
  return parts.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

const isInOneof = (field: FieldDescriptorProto): boolean =>
  isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) && !field.proto3Optional

function printFields(printing: Printing, message: DescriptorProto, own: string): string[] {
  const fields = printing.normalized ? message.field.toSorted((a, b) => a.number - b.number) : message.field
  const done = new Set<number>()
  return fields.flatMap((field) => {
    if (!isInOneof(field)) return fieldLines(printing, field, message, own)
    if (done.has(field.oneofIndex)) return []
    done.add(field.oneofIndex)
    const oneof = message.oneofDecl[field.oneofIndex]
    if (oneof === undefined) return []
    const members = fields.filter((other) => isInOneof(other) && other.oneofIndex === field.oneofIndex)
    const lines = members.flatMap((member) => fieldLines(printing, member, message, own))
    return [
      ...docLines(printing, joined(own, oneof.name)),
      ...block(`oneof ${oneof.name}`, [...optionsOf(oneof, printing), ...lines]),
    ]
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
  const docs = docLines(printing, joined(scope, field.name))
  if (field.type !== Type.GROUP) return [...docs, `${line};`]
  const group = parent.nestedType.find(({ name }) => field.typeName === `.${joined(scope, name)}`)
  return [...docs, ...block(line, group === undefined ? [] : printBody(printing, group, joined(scope, group.name)))]
}

type Extending = { extension: FieldDescriptorProto[]; nestedType?: DescriptorProto[]; messageType?: DescriptorProto[] }

/** One block for each extended message, in the order in which they come first. */
function extensionsOf(printing: Printing, owner: Extending, scope: string): Block[] {
  if (printing.withoutExtensions) return []
  const parent = { nestedType: owner.nestedType ?? owner.messageType ?? [] }
  const extendees = new Map<string, FieldDescriptorProto[]>()
  for (const field of owner.extension) extendees.set(field.extendee, [...(extendees.get(field.extendee) ?? []), field])
  const entries = [...extendees].map(([name, fields]) => ({ name, fields }))
  return (printing.normalized ? byName(entries) : entries).map(({ name, fields }) =>
    block(
      `extend ${mention(printing, name, scope)}`,
      (printing.normalized ? fields.toSorted((a, b) => a.number - b.number) : fields).flatMap((field) =>
        fieldLines(printing, field, parent, scope),
      ),
    ),
  )
}

function extensionRanges(printing: Printing, message: DescriptorProto): string[] {
  if (printing.withoutExtensions) return []
  const ranges = printing.normalized
    ? message.extensionRange.toSorted((a, b) => a.start - b.start)
    : message.extensionRange
  return ranges.map((range) => {
    const options = printOptions(range, printing.registry)
    return `extensions ${rangeText({ start: range.start, end: range.end - 1 }, numberMax)}${bracketed(options)};`
  })
}

const rangeText = ({ start, end }: { start: number; end: number }, max: number): string =>
  start === end ? `${start}` : `${start} to ${end === max ? 'max' : end}`

function reserved(
  { normalized, linked }: Printing,
  ranges: readonly { start: number; end: number }[],
  names: readonly string[],
  max: number,
): string[] {
  const editions = linked.desc.proto.syntax === 'editions'
  const numbers = (normalized ? ranges.toSorted((a, b) => a.start - b.start) : ranges).map((range) =>
    rangeText(range, max),
  )
  const words = (normalized ? names.toSorted() : names).map((name) =>
    editions && /^[A-Za-z_]\w*$/.test(name) ? name : quoted(name),
  )
  return [numbers, words].filter((list) => list.length > 0).map((list) => `reserved ${list.join(', ')};`)
}

function printEnum(printing: Printing, enumeration: EnumDescriptorProto, scope: string): string[] {
  const [first, ...rest] = enumeration.value
  const values =
    printing.normalized && first !== undefined
      ? [first, ...rest.toSorted((a, b) => a.number - b.number)]
      : enumeration.value
  const lines = [
    ...optionsOf(enumeration, printing),
    ...values.flatMap((value) => [
      ...docLines(printing, joined(scope, value.name)),
      `${value.name} = ${value.number}${bracketed(printOptions(value, printing.registry))};`,
    ]),
    ...reserved(printing, enumeration.reservedRange, enumeration.reservedName, int32Max),
  ]
  return [...docLines(printing, joined(scope, enumeration.name)), ...block(`enum ${enumeration.name}`, lines)]
}

function printService(printing: Printing, service: ServiceDescriptorProto): string[] {
  const own = joined(printing.linked.desc.proto.package, service.name)
  const methods = printing.normalized ? byName(service.method) : service.method
  const lines = methods.flatMap((method) => [
    ...docLines(printing, joined(own, method.name)),
    ...printMethod(printing, method, own),
  ])
  return [...docLines(printing, own), ...block(`service ${service.name}`, [...optionsOf(service, printing), ...lines])]
}

function printMethod(printing: Printing, method: MethodDescriptorProto, own: string): string[] {
  const side = (type: string, streams: boolean): string =>
    `(${streams ? 'stream ' : ''}${mention(printing, type, own)})`
  const head = `rpc ${method.name}${side(method.inputType, method.clientStreaming)} returns ${side(method.outputType, method.serverStreaming)}`
  const options = optionsOf(method, printing)
  return options.length === 0 ? [`${head};`] : block(head, options)
}
