import { create, type DescMessage, type Message, type Registry } from '@bufbuild/protobuf'
import { mergeFromText } from '@bufbuild/protobuf/txtpb'
import {
  EnumOptionsSchema,
  EnumValueOptionsSchema,
  ExtensionRangeOptionsSchema,
  FieldOptionsSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofOptionsSchema,
  ServiceOptionsSchema,
} from '@bufbuild/protobuf/wkt'
import { invalid } from '../json-text.ts'
import { mentionMark, type RawOption } from './parse-options.ts'
import { wrongAt } from './tokens.ts'

/** The message of the options of each kind of descriptor. */
export const optionsOf: Readonly<Record<string, DescMessage | undefined>> = {
  'google.protobuf.FileDescriptorProto': FileOptionsSchema,
  'google.protobuf.DescriptorProto': MessageOptionsSchema,
  'google.protobuf.FieldDescriptorProto': FieldOptionsSchema,
  'google.protobuf.OneofDescriptorProto': OneofOptionsSchema,
  'google.protobuf.EnumDescriptorProto': EnumOptionsSchema,
  'google.protobuf.EnumValueDescriptorProto': EnumValueOptionsSchema,
  'google.protobuf.ServiceDescriptorProto': ServiceOptionsSchema,
  'google.protobuf.MethodDescriptorProto': MethodOptionsSchema,
  'google.protobuf.DescriptorProto.ExtensionRange': ExtensionRangeOptionsSchema,
}

type Owner = Message & { options?: Message | undefined }

/** Gives each descriptor its options, read by the extensions of `registry`; `resolve` gives an extension's whole name. */
export function interpret(
  options: ReadonlyMap<object, readonly RawOption[]>,
  {
    registry,
    resolveFor,
    editions,
  }: {
    registry: Registry
    resolveFor: (owner: object) => (mention: string) => string | undefined
    editions: boolean
  },
): void {
  for (const [object, list] of options) {
    const owner = object as Owner
    const schema = optionsOf[owner.$typeName]
    if (schema === undefined) throw new Error(`${owner.$typeName} has no options`)
    const target = owner.options ?? create(schema)
    const resolve = resolveFor(owner)
    const seen = new Set<string>()
    for (const option of list) {
      const first = option.name[0]?.name ?? ''
      if (first === 'uninterpreted_option' || (first === 'features' && !editions))
        throw wrongAt(option.place, '', `option ${first} is not allowed here`)
      const { text, name } = asText(option, resolve)
      if (seen.has(name)) refuseTwice(option, name, schema, registry)
      seen.add(name)
      try {
        mergeFromText(schema, target, text, { registry, recursionLimit: 64 })
      } catch (error) {
        const reason = error instanceof Error ? error.message.slice(0, 200) : 'it can not be read'
        throw wrongAt(option.place, '', `option ${name} is not valid: ${reason}`)
      }
    }
    owner.options = target
  }
}

const marked = new RegExp(`\\[${mentionMark} ?([^\\]]*)\\]`, 'g')

function asText({ name, value, place }: RawOption, resolve: (mention: string) => string | undefined) {
  const whole = (mention: string): string => {
    const found = resolve(mention)
    if (found !== undefined) return `[${found}]`
    throw wrongAt(place, '', `option (${mention.slice(0, 100)}) is not defined in this file or in what it imports`)
  }
  const parts = name.map((part) => (part.extension ? whole(part.name) : part.name))
  const settled = value.replaceAll(marked, (_, mention: string) => whole(mention.replaceAll(' ', '')))
  const [last = '', ...before] = parts.toReversed()
  return {
    text: before.reduce((inner, part) => `${part} { ${inner} }`, `${last}: ${settled}`),
    name: parts.join('.'),
  }
}

/** Only what is repeated may be said more than once. */
function refuseTwice({ place }: RawOption, name: string, schema: DescMessage, registry: Registry): void {
  const extension = name.startsWith('[') && name.endsWith(']') ? registry.getExtension(name.slice(1, -1)) : undefined
  const field = extension ?? schema.fields.find((other) => other.name === name)
  if (field !== undefined && field.fieldKind !== 'list') throw wrongAt(place, '', `option ${name} is set twice`)
}

/** A file whose extensions can't be made into descriptors is refused in its words, not in those of a library. */
export function guarded<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw invalid('', error instanceof Error ? error.message.slice(0, 300) : 'its descriptors do not fit together')
  }
}
