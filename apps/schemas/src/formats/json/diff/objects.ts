import { pointer, type Json, type JsonMap } from '../../json-text.ts'
import { isSchema, listOf, mapOf, own } from '../json-keywords.ts'
import { patternOf } from '../json-patterns.ts'
import type { Context, Report } from './context.ts'
import { restDifferences, restOf, type Rest } from './open-content.ts'
import { boundDifferences, type Bound } from './scalars.ts'

/** Which properties an object may have besides those that it names. */
type Content = {
  readonly properties: JsonMap
  readonly required: ReadonlySet<string>
  readonly patterns: JsonMap
  readonly additional: Rest
  readonly unevaluated: Rest
  readonly isOpen: boolean
}

function contentOf(schema: JsonMap): Content {
  const patterns = mapOf(schema['patternProperties'])
  const additional = restOf(schema['additionalProperties'])
  const unevaluated = restOf(schema['unevaluatedProperties'])
  return {
    properties: mapOf(schema['properties']),
    required: new Set(listOf(schema['required']).map(String)),
    patterns,
    additional,
    unevaluated,
    // What additionalProperties speaks of is evaluated: with it there, unevaluatedProperties says no more.
    isOpen:
      additional === 'open' &&
      Object.keys(patterns).length === 0 &&
      (unevaluated === 'open' || schema['additionalProperties'] !== undefined),
  }
}

/** The schema that a partially open content model has for a name that it doesn't list. */
function coveredBy(content: Content, name: string): Json | undefined {
  for (const [source, schema] of Object.entries(content.patterns)) if (patternOf(source).test(name)) return schema
  if (typeof content.additional === 'object') return content.additional
  return content.additional === 'open' && typeof content.unevaluated === 'object' ? content.unevaluated : undefined
}

const bounds: readonly Bound[] = [
  ['maxProperties', 'MAX_PROPERTIES'],
  ['minProperties', 'MIN_PROPERTIES'],
]

export function objectDifferences(context: Context, from: JsonMap, to: JsonMap, report: Report): void {
  const [writer, reader] = [contentOf(from), contentOf(to)]
  for (const [name, before] of Object.entries(writer.properties)) {
    const after = own(reader.properties, name)
    const at = pointer('/properties', name)
    if (after === undefined) propertyRemoved(context, reader, name, before, report)
    else {
      requiredDifferences(context, writer, reader, name, report)
      report.include(context.compare(context.writer.of(before), context.reader.of(after)), at)
    }
  }
  for (const [name, after] of Object.entries(reader.properties)) {
    if (!Object.hasOwn(writer.properties, name)) propertyAdded(context, writer, reader, name, after, report)
  }
  dependencyDifferences(context, from, to, report)
  const keys = (keyword: string): readonly [string, string] => [keyword, keyword]
  restDifferences(
    context,
    'ADDITIONAL_PROPERTIES',
    keys('additionalProperties'),
    [writer.additional, reader.additional],
    report,
  )
  restDifferences(
    context,
    'UNEVALUATED_PROPERTIES',
    keys('unevaluatedProperties'),
    [writer.unevaluated, reader.unevaluated],
    report,
  )
  boundDifferences(bounds, from, to, report)
}

function requiredDifferences(context: Context, writer: Content, reader: Content, name: string, report: Report): void {
  const [was, is] = [writer.required.has(name), reader.required.has(name)]
  if (was === is) return
  const rule = was
    ? 'REQUIRED_ATTRIBUTE_REMOVED'
    : context.reader.hasDefault(reader.properties[name] ?? true)
      ? 'REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED'
      : 'REQUIRED_ATTRIBUTE_ADDED'
  report.add(rule, pointer('/required', name), { name })
}

function propertyRemoved(context: Context, reader: Content, name: string, before: Json, report: Report): void {
  const at = pointer('/properties', name)
  if (reader.isOpen) return report.add('PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL', at, { name })
  const cover = coveredBy(reader, name)
  if (cover === undefined) {
    const rule =
      before === false
        ? 'PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL'
        : 'PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL'
    return report.add(rule, at, { name })
  }
  const found = context.compare(context.writer.of(before), context.reader.of(cover))
  report.include(found, at)
  const rule = found.compatible
    ? 'PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
    : 'PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
  report.add(rule, at, { name })
}

function propertyAdded(
  context: Context,
  writer: Content,
  reader: Content,
  name: string,
  after: Json,
  report: Report,
): void {
  const at = pointer('/properties', name)
  const required = reader.required.has(name)
  const defaulted = context.reader.hasDefault(after)
  const wanted = required ? (defaulted ? 'REQUIRED_PROPERTY_WITH_DEFAULT' : 'REQUIRED_PROPERTY') : 'OPTIONAL_PROPERTY'
  if (writer.isOpen) {
    const rule =
      context.reader.of(after).kind === 'any'
        ? 'PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL'
        : (`${wanted}_ADDED_TO_OPEN_CONTENT_MODEL` as const)
    return report.add(rule, at, { name })
  }
  const cover = coveredBy(writer, name)
  if (cover !== undefined) {
    const found = context.compare(context.writer.of(cover), context.reader.of(after))
    report.include(found, at)
    const rule = found.compatible
      ? 'PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
      : 'PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
    report.add(rule, at, { name })
  }
  report.add(`${wanted}_ADDED_TO_UNOPEN_CONTENT_MODEL`, at, { name })
}

type Dependency = { readonly keyword: string; readonly value: Json }

/** What depends on a property's presence, names or a schema, whichever keyword of the drafts says it. */
function dependenciesOf(schema: JsonMap, wanted: 'names' | 'schema'): Map<string, Dependency> {
  const keywords = ['dependencies', wanted === 'names' ? 'dependentRequired' : 'dependentSchemas']
  return new Map(
    keywords.flatMap((keyword) =>
      Object.entries(mapOf(schema[keyword])).flatMap(([name, value]): [string, Dependency][] =>
        (wanted === 'names' ? Array.isArray(value) : isSchema(value)) ? [[name, { keyword, value }]] : [],
      ),
    ),
  )
}

function dependencyDifferences(context: Context, from: JsonMap, to: JsonMap, report: Report): void {
  const each = (
    wanted: 'names' | 'schema',
    tell: (name: string, at: string, writerPath: string, before?: Json, after?: Json) => void,
  ): void => {
    const [writer, reader] = [dependenciesOf(from, wanted), dependenciesOf(to, wanted)]
    for (const name of new Set([...writer.keys(), ...reader.keys()])) {
      const [before, after] = [writer.get(name), reader.get(name)]
      const place = (mine?: Dependency, other?: Dependency): string => pointer('', (mine ?? other)?.keyword ?? '', name)
      tell(name, place(after, before), place(before, after), before?.value, after?.value)
    }
  }
  each('names', (name, at, writerPath, before, after) => {
    const [had, has] = [new Set(listOf(before).map(String)), new Set(listOf(after).map(String))]
    const [lost, gained] = [[...had].some((one) => !has.has(one)), [...has].some((one) => !had.has(one))]
    if (before !== undefined && after !== undefined && !lost && !gained) return
    const rule =
      after === undefined
        ? 'DEPENDENCY_ARRAY_REMOVED'
        : before === undefined
          ? 'DEPENDENCY_ARRAY_ADDED'
          : lost
            ? gained
              ? 'DEPENDENCY_ARRAY_CHANGED'
              : 'DEPENDENCY_ARRAY_NARROWED'
            : 'DEPENDENCY_ARRAY_EXTENDED'
    report.add(rule, at, { writerPath, name, before, after })
  })
  each('schema', (name, at, writerPath, before, after) => {
    if (after === undefined) report.add('DEPENDENCY_SCHEMA_REMOVED', at, { writerPath, name })
    else if (before === undefined) report.add('DEPENDENCY_SCHEMA_ADDED', at, { writerPath, name })
    else report.include(context.compare(context.writer.of(before), context.reader.of(after)), at, writerPath)
  })
}
