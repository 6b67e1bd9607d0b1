import { pointer, type Json, type JsonMap } from '../../json-text.ts'
import { bounds } from './value-rules.ts'
import { changed, identical, isAnnotation, type Rule } from './vocabulary.ts'

/** Each branch of an `allOf` must read all; one of an `anyOf` (or the same `oneOf`) is enough. */
export const combinedRule: Rule = (reader, writer, path, roots) => {
  const all =
    Array.isArray(reader['allOf']) && !identical(reader['allOf'], writer['allOf'], roots)
      ? reader['allOf'].flatMap((branch, index) => roots.compare(branch, writer, pointer(path, 'allOf', index), roots))
      : []
  const any = reader['anyOf']
  if (Array.isArray(any) && !identical(any, writer['anyOf'], roots)) {
    const reads = (schema: Json): boolean =>
      any.some((branch) => roots.compare(branch, schema, path, roots).length === 0)
    const written = Array.isArray(writer['anyOf']) ? writer['anyOf'] : [writer]
    if (!written.every(reads))
      all.push({
        rule: 'SUM_TYPE_NARROWED',
        path: pointer(path, 'anyOf'),
        message: 'no branch reads everything that was allowed',
        edit: 'keep the old branches',
      })
  }
  return all
}

const understood = new Set([
  'type',
  'enum',
  'const',
  'required',
  'properties',
  'patternProperties',
  'additionalProperties',
  'items',
  'prefixItems',
  'allOf',
  'anyOf',
  'pattern',
  'multipleOf',
  'uniqueItems',
  ...bounds.map(([keyword]) => keyword),
])
/** Keywords whose meaning hangs on their neighbours: harmless only where nothing beside them changed either. */
const entangled = [
  'unevaluatedProperties',
  'unevaluatedItems',
  'then',
  'else',
  'minContains',
  'maxContains',
  'additionalItems',
]

/** Everything else, known or not, must stay as it was or go away. */
export const restRule: Rule = (reader, writer, path, roots) => {
  const plain = (schema: JsonMap): JsonMap =>
    Object.fromEntries(Object.entries(schema).filter(([key]) => !isAnnotation(key)))
  const tied = entangled.filter((key) => reader[key] !== undefined && reader[key] !== true)
  if (tied.length > 0 && !identical(plain(reader), plain(writer), roots)) {
    return [
      {
        rule: 'CONSTRAINT_CHANGED',
        path: pointer(path, tied[0] ?? ''),
        message: `what ${tied[0]} allows depends on keywords beside it that changed`,
        edit: `keep them together as they were`,
      },
    ]
  }
  return Object.keys(reader)
    .filter((key) => !understood.has(key) && !isAnnotation(key))
    .flatMap((key) => changed(key, reader, writer, path, roots))
}
