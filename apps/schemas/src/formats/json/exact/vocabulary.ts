import { isMap, pointer, same, type Json, type JsonMap } from '../../json-text.ts'
import { annotationKeywords } from '../json-keywords.ts'
import type { Incompatibility } from '../../format.ts'

export type Roots = {
  readonly reader: Json
  readonly writer: Json
  readonly sharesDefinitions: boolean
  readonly seen: ReadonlySet<string>
  readonly budget: { steps: number }
  /** Why a reader's schema doesn't take all that a writer's allows. */
  readonly compare: (reader: Json, writer: Json, path: string, roots: Roots) => Incompatibility[]
}
export type Rule = (reader: JsonMap, writer: JsonMap, path: string, roots: Roots) => Incompatibility[]

/** How a payload's bytes are to be read is no annotation to whoever reads them. */
const meaningful = new Set(['contentEncoding', 'contentMediaType', 'contentSchema'])
export const isAnnotation = (key: string): boolean =>
  (annotationKeywords.has(key) && !meaningful.has(key)) || /^(?:x-|confluent:|connect\.)/.test(key)

export const nothing = (schema: Json): boolean =>
  schema === false ||
  (isMap(schema) && isMap(schema['not'] ?? null) && Object.keys(schema['not'] as JsonMap).length === 0)
export const anything = (schema: Json): boolean =>
  schema === true || (isMap(schema) && Object.keys(schema).every((key) => isAnnotation(key)))

/** The same text on both sides means the same only where the references in it lead to the same. */
export const identical = (a: Json | undefined, b: Json | undefined, roots: Roots): boolean => {
  if (!same(a, b)) return false
  const references = [...JSON.stringify(a ?? null).matchAll(/"\$ref":"([^"]*)"/g)]
  return (
    references.length === 0 ||
    (roots.sharesDefinitions && references.every(([, to = '']) => /^#\/(?:\$defs|definitions)\//.test(to)))
  )
}

const allTypes = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']
const jsonType = (value: Json): string =>
  value === null
    ? 'null'
    : Array.isArray(value)
      ? 'array'
      : typeof value === 'number'
        ? Number.isInteger(value)
          ? 'integer'
          : 'number'
        : typeof value

export function typesOf(schema: JsonMap): Set<string> {
  const type = schema['type']
  const values = enumOf(schema)
  const named =
    type === undefined
      ? values
        ? values.map(jsonType)
        : allTypes
      : Array.isArray(type)
        ? type.map(String)
        : [JSON.stringify(type).slice(1, -1)]
  return new Set(named.includes('number') ? [...named, 'integer'] : named)
}

export const enumOf = (schema: JsonMap): Json[] | undefined =>
  'const' in schema
    ? [schema['const'] ?? null].filter(
        (value) => !Array.isArray(schema['enum']) || schema['enum'].some((one) => same(one, value)),
      )
    : Array.isArray(schema['enum'])
      ? schema['enum']
      : undefined
export const number = (schema: JsonMap, key: string): number | undefined =>
  typeof schema[key] === 'number' ? schema[key] : undefined
export const strings = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : [])
export const map = (value: Json | undefined): JsonMap => (isMap(value) ? value : {})
export const may = (schema: JsonMap, type: string): boolean => typesOf(schema).has(type)

export const changed = (
  keyword: string,
  reader: JsonMap,
  writer: JsonMap,
  path: string,
  roots: Roots,
): Incompatibility[] =>
  reader[keyword] === undefined || identical(reader[keyword], writer[keyword], roots)
    ? []
    : [
        {
          rule: 'CONSTRAINT_CHANGED',
          path: pointer(path, keyword),
          message: `${keyword} may refuse what was allowed`,
          edit: `keep it as it was, or leave it out`,
        },
      ]
