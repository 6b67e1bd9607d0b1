import type { DescMessage, Message, Registry } from '@bufbuild/protobuf'
import { toText } from '@bufbuild/protobuf/txtpb'
import { optionsOf } from './options.ts'
import { bytesOf } from './tokens.ts'

type Owner = Message & { options?: Message | undefined }
export type PrintingOptions = {
  readonly registry: Registry
  readonly normalized?: boolean
  readonly withoutExtensions?: boolean
}
/** A value as written, or the entries of a message. */
type Value = string | readonly Entry[]
type Entry = { readonly name: string; readonly value: Value }

/** The options of a descriptor as `name = value`, perhaps over several lines; its own before those of extensions. */
export function printOptions(owner: Owner, printing: PrintingOptions): string[] {
  const schema = optionsOf[owner.$typeName]
  if (schema === undefined || owner.options === undefined) return []
  // No text in quotes has a line break in this form.
  const lines = toText(schema, owner.options, { registry: printing.registry }).split('\n')
  const entries = readEntries(lines.map((line) => line.trim()).filter((line) => line !== '')).flatMap(flat)
  // Those of Confluent are no extensions to its registry.
  const kept = entries.filter(
    ({ name }) => printing.withoutExtensions !== true || !name.startsWith('[') || name.startsWith('[confluent.'),
  )
  return sorted(kept, printing).map(({ name, value }) => {
    const text = valueText(value, shapeOf(name, { message: schema }, printing), printing).join('\n')
    return `${name.startsWith('[') ? `(${name.slice(1, -1)})` : name} = ${text}`
  })
}

/** What is known of a value that is a message: its type, or that it is an entry of a map with values of a type. */
type Shape = { readonly message?: DescMessage | undefined; readonly isEntry?: boolean }

function shapeOf(name: string, { message, isEntry }: Shape, { registry }: PrintingOptions): Shape {
  if (isEntry === true) return name === 'value' ? { message } : {}
  const field = name.startsWith('[')
    ? registry.getExtension(name.slice(1, -1))
    : message?.fields.find((each) => each.name === name)
  return { message: field?.message, isEntry: field?.fieldKind === 'map' }
}

/** The lines of the text format, each of which is an entry, or begins or ends a message. */
function readEntries(lines: readonly string[]): Entry[] {
  const open: { name: string; entries: Entry[] }[] = [{ name: '', entries: [] }]
  for (const line of lines) {
    const top = open.at(-1)
    if (top === undefined) throw new Error('more messages end than begin')
    const begins = /^(.*?):? \{(\})?$/.exec(line)
    const entry = /^(\[[^\]]*\]|[^:]+): (.*)$/.exec(line)
    if (line === '}') {
      open.pop()
      open.at(-1)?.entries.push({ name: top.name, value: top.entries })
    } else if (begins?.[2] !== undefined) top.entries.push({ name: begins[1] ?? '', value: [] })
    else if (begins !== null && !/^(\[[^\]]*\]|[^:]+): ["']/.test(line))
      open.push({ name: begins[1] ?? '', entries: [] })
    else if (entry !== null) top.entries.push({ name: entry[1] ?? '', value: entry[2] ?? '' })
  }
  return open[0]?.entries ?? []
}

/** `features.field_presence = EXPLICIT`, as everybody writes it. */
function flat({ name, value }: Entry): Entry[] {
  if (name !== 'features' || typeof value === 'string') return [{ name, value }]
  return value.every((inner) => typeof inner.value === 'string' && !inner.name.startsWith('['))
    ? value.map((inner) => ({ name: `${name}.${inner.name}`, value: inner.value }))
    : [{ name, value }]
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const sorted = (entries: readonly Entry[], { normalized }: PrintingOptions): readonly Entry[] =>
  normalized === true ? entries.toSorted((a, b) => byText(a.name, b.name)) : entries

function valueText(value: Value, shape: Shape, printing: PrintingOptions): string[] {
  if (typeof value === 'string') return [value.startsWith('"') ? requoted(value) : value]
  const grouped = new Map<string, Value[]>()
  for (const { name, value: inner } of sorted(value, printing)) {
    const known = grouped.get(name)
    if (known === undefined) grouped.set(name, [inner])
    else known.push(inner)
  }
  const lines = [...grouped].map(([name, values]) => {
    const inner = shapeOf(name, shape, printing)
    const texts = values.map((each) => valueText(each, inner, printing))
    // A map has no order; each compiler writes it in one of its own.
    if (inner.isEntry === true) texts.sort((one, other) => byText(one.join('\n'), other.join('\n')))
    const [head = '', ...body] = texts.length === 1 ? (texts[0] ?? []) : ['[', ...indent(commas(texts)), ']']
    return [`${name}: ${head}`, ...body]
  })
  return lines.length === 0 ? ['{}'] : ['{', ...indent(commas(lines)), '}']
}

const commas = (items: readonly (readonly string[])[]): string[] =>
  items.flatMap((lines, index) =>
    lines.map((line, at) => (at === lines.length - 1 && index < items.length - 1 ? `${line},` : line)),
  )

/** Empty lines too, as Confluent's registry does: the text is what its fingerprints are made of. */
export const indent = (lines: readonly string[]): string[] =>
  lines.flatMap((text) => text.split('\n').map((line) => `  ${line}`))

const letters: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
}

/** A text in quotes. */
export const quoted = (text: string): string =>
  `"${text.replaceAll(
    /[\\"']|[^\P{Cc}]/gu,
    (found) => letters[found] ?? `\\${found.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )}"`

/** Bytes that are no text stay as they are. */
function requoted(literal: string): string {
  const bytes = bytesOf(literal)
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? quoted(text) : literal
}
