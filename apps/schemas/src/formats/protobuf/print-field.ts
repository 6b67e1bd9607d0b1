import { isFieldSet } from '@bufbuild/protobuf'
import {
  FieldDescriptorProtoSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  type DescriptorProto,
  type FieldDescriptorProto,
} from '@bufbuild/protobuf/wkt'
import type { Linked } from './link.ts'
import { joined, jsonNameOf, resolve, scalarName } from './names.ts'
import { indent, printOptions, quoted, type PrintingOptions } from './print-options.ts'
import { bytesOf, escaped } from './tokens.ts'

export type Printing = PrintingOptions & { readonly linked: Linked }

/** One option stands behind its field, several stand in lines of their own. */
export function bracketed(options: readonly string[], { normalized }: Printing): string {
  const [only, ...others] = options
  if (only === undefined) return ''
  if (others.length === 0) return ` [${only}]`
  const nameOf = (option: string): string => option.slice(0, option.indexOf(' = ')).replace(/^\(/, '')
  const ordered = normalized
    ? options.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0))
    : options
  return ` [\n${indent(ordered.map((option, index) => (index < ordered.length - 1 ? `${option},` : option))).join('\n')}\n]`
}

/** The shortest mention of a type that still stands for it in this scope; its whole name where that is the rule. */
export function mention({ linked, normalized }: Printing, typeName: string, scope: string): string {
  if (normalized) return typeName
  const whole = typeName.slice(1)
  for (let at = scope; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('.'), 0))) {
    if (!whole.startsWith(`${at}.`)) continue
    const short = whole.slice(at.length + 1)
    if (resolve(short, scope, linked.lookup) === whole && !isWord(short)) return short
  }
  return resolve(whole, scope, linked.lookup) === whole && !isWord(whole) ? whole : typeName
}

const words = new Set(
  'message enum oneof extend extensions reserved option optional required repeated map group stream export local returns rpc double float int64 uint64 int32 fixed64 fixed32 bool string bytes uint32 sfixed32 sfixed64 sint32 sint64'.split(
    ' ',
  ),
)
/** A mention that begins with a word of the language would be read as that. */
const isWord = (name: string): boolean => words.has(name.split('.')[0] ?? '')

/** A field without its end: `optional string name = 1 [deprecated = true]`. */
export function printField(
  printing: Printing,
  field: FieldDescriptorProto,
  nested: readonly DescriptorProto[],
  scope: string,
): string {
  const inner = nestedIn(nested, field, scope)
  const map = inner?.options?.mapEntry === true ? inner : undefined
  const type = map === undefined ? typeText(printing, field, scope) : mapText(printing, map, scope)
  const label = map === undefined ? labelText(printing, field) : ''
  const name = field.type === Type.GROUP ? field.typeName.slice(field.typeName.lastIndexOf('.') + 1) : field.name
  const options = [...printOptions(field, printing), ...ownOptions(field)]
  return `${label}${type} ${name} = ${field.number}${bracketed(options, printing)}`
}

/** The nested message that a field is of. */
export function nestedIn(
  nested: readonly DescriptorProto[],
  { typeName }: FieldDescriptorProto,
  scope: string,
): DescriptorProto | undefined {
  const short = typeName.slice(typeName.lastIndexOf('.') + 1)
  return typeName === `.${joined(scope, short)}` ? nested.find(({ name }) => name === short) : undefined
}

function typeText(printing: Printing, field: FieldDescriptorProto, scope: string): string {
  if (field.type === Type.GROUP) return 'group'
  return field.typeName === '' ? scalarName(field.type) : mention(printing, field.typeName, scope)
}

function mapText(printing: Printing, { field, name }: DescriptorProto, scope: string): string {
  const [key, value] = field.map((each) => typeText(printing, each, joined(scope, name)))
  return `map<${key}, ${value}>`
}

function labelText({ linked }: Printing, field: FieldDescriptorProto): string {
  const { syntax } = linked.desc.proto
  if (field.label === Label.REPEATED) return 'repeated '
  if (field.proto3Optional) return 'optional '
  if (isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) || syntax === 'editions') return ''
  if (syntax === 'proto3') return ''
  return field.label === Label.REQUIRED ? 'required ' : 'optional '
}

function ownOptions(field: FieldDescriptorProto): string[] {
  const options: string[] = []
  if (isFieldSet(field, FieldDescriptorProtoSchema.field.defaultValue)) {
    const { type } = field
    const defaultValue = defaultText(field)
    const bytes = (): string => `"${escaped(bytesOf(`"${defaultValue}"`))}"`
    options.push(
      `default = ${type === Type.STRING ? quoted(defaultValue) : type === Type.BYTES ? bytes() : defaultValue}`,
    )
  }
  if (field.jsonName !== jsonNameOf(field.name)) options.push(`json_name = ${quoted(field.jsonName)}`)
  return options
}

/** A default as text. That of a float is the shortest one which stands for it, whatever a compiler made of it. */
export function defaultText({ type, defaultValue }: FieldDescriptorProto): string {
  const value = Number(defaultValue)
  if (type !== Type.FLOAT || !Number.isFinite(value)) return defaultValue
  const short = [6, 7, 8, 9].map((digits) => Number(value.toPrecision(digits)))
  return String(short.find((each) => Math.fround(each) === Math.fround(value)) ?? value)
}
