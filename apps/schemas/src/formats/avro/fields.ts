import type { Field } from '../format.ts'
import { print } from './exact-json.ts'
import { shortName, typeName, type Avro, type AvroField, type Extra } from './model.ts'

const fieldsMax = 5000

/** All fields with dotted paths; a record inside of itself is named, not followed again. */
export function fieldsOf(root: Avro): Field[] {
  const all: Field[] = []
  walk(root, '', new Set(), all)
  return all
}

function walk(type: Avro, path: string, open: ReadonlySet<Avro>, all: Field[]): void {
  if (all.length >= fieldsMax || open.has(type)) return
  if (type.kind === 'array') return walk(type.items, `${path}[]`, open, all)
  if (type.kind === 'map') return walk(type.values, `${path}{}`, open, all)
  if (type.kind === 'union') {
    const several = type.branches.filter(({ kind }) => kind === 'record').length > 1
    for (const branch of type.branches)
      walk(branch, several && branch.kind === 'record' ? `${path}<${shortName(branch.name)}>` : path, open, all)
    return
  }
  if (type.kind !== 'record') return
  const inner = new Set(open).add(type)
  for (const field of type.fields) {
    const at = path === '' ? field.name : `${path}.${field.name}`
    if (all.length < fieldsMax) all.push(fieldOf(field, at))
    walk(field.type, at, inner, all)
  }
}

function fieldOf(field: AvroField, path: string): Field {
  const tags = tagsOf(field.extra)
  return {
    path,
    type: typeText(field.type),
    required: field.default === undefined,
    ...(field.doc !== undefined && { doc: field.doc }),
    ...(field.default !== undefined && { default: print(field.default) }),
    ...(tags.length > 0 && { tags }),
  }
}

function tagsOf(extra: Extra): string[] {
  const tags = extra.find(([key]) => key === 'confluent:tags')?.[1]
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : []
}

function typeText(type: Avro): string {
  if (type.kind === 'union') return type.branches.map(typeText).join(' | ')
  if (type.kind === 'array') return `array<${typeText(type.items)}>`
  if (type.kind === 'map') return `map<${typeText(type.values)}>`
  const { logical } = type
  if (logical?.precision !== undefined) return `decimal(${logical.precision},${logical.scale ?? 0})`
  return logical ? `${typeName(type)} (${logical.name})` : typeName(type)
}
