import { getExtension, hasExtension, ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import type { Field } from '../format.ts'
import type { Linked } from './link.ts'

const depthMax = 8
const fieldsMax = 5_000

/**
 * The fields of all messages of the file: those of the first message by their names alone, those of the others behind
 * the message's name: `Refund.reason`. What a message of the file holds is told where it is held; a message that holds
 * itself, or comes from another file, is not opened again.
 */
export function fieldsOf(linked: Linked): Field[] {
  const fields: Field[] = []
  const held = new Set<DescMessage>()
  const walk = (message: DescMessage, base: string, within: readonly DescMessage[]): void => {
    for (const field of message.fields) {
      if (fields.length >= fieldsMax) return
      const suffix = field.fieldKind === 'list' ? '[]' : field.fieldKind === 'map' ? '{}' : ''
      const path = `${base}${field.name}`
      fields.push(describe(linked, field, path))
      const inner = field.message
      if (inner === undefined || inner.file !== linked.desc) continue
      held.add(inner)
      if (!within.includes(inner) && within.length < depthMax) walk(inner, `${path}${suffix}.`, [...within, inner])
    }
  }
  const [first, ...others] = linked.desc.messages
  if (first === undefined) return []
  walk(first, '', [first])
  for (const message of others) if (!held.has(message)) walk(message, `${message.name}.`, [message])
  return fields
}

function describe(linked: Linked, field: DescField, path: string): Field {
  const meta = metaOf(linked, field)
  const doc = linked.docs.get(`${field.parent.typeName}.${field.name}`) ?? meta?.doc
  const written = field.proto.defaultValue
  return {
    path,
    type: typeText(field),
    required: field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED,
    ...(doc !== undefined && doc !== '' && { doc }),
    ...(written !== '' && { default: written }),
    ...(meta !== undefined && meta.tags.length > 0 && { tags: meta.tags }),
  }
}

export function typeText(field: DescField): string {
  const own =
    field.message?.typeName ?? field.enum?.typeName ?? ScalarType[field.scalar ?? ScalarType.BYTES].toLowerCase()
  if (field.fieldKind === 'list') return `repeated ${own}`
  if (field.fieldKind === 'map') return `map<${ScalarType[field.mapKey].toLowerCase()}, ${own}>`
  return own
}

/** What `(confluent.field_meta)` says of a field. */
function metaOf({ registry }: Linked, { proto }: DescField): { doc: string; tags: string[] } | undefined {
  const extension = registry.getExtension('confluent.field_meta')
  if (extension === undefined || proto.options === undefined || !hasExtension(proto.options, extension))
    return undefined
  const { message } = extension
  const value = getExtension(proto.options, extension)
  if (message === undefined || typeof value !== 'object') return undefined
  const meta = reflect(message, value as Parameters<typeof reflect>[1])
  const [doc, tags] = ['doc', 'tags'].map((name) => {
    const field = message.fields.find((other) => other.name === name)
    return field === undefined ? undefined : meta.get(field)
  })
  return {
    doc: typeof doc === 'string' ? doc : '',
    tags: [...((tags ?? []) as Iterable<unknown>)].filter((tag) => typeof tag === 'string'),
  }
}
