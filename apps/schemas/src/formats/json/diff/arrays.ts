import { pointer, type Json, type JsonMap } from '../../json-text.ts'
import { isSchema, listOf } from '../json-keywords.ts'
import type { Context, Report } from './context.ts'
import { restDifferences, restOf, type Rest } from './open-content.ts'
import { boundDifferences, type Bound } from './scalars.ts'

/** The items of an array: one schema for all, or one for each of the first, and what may come after those. */
type Items = {
  readonly all: Json | undefined
  readonly tuple: readonly Json[]
  readonly tupleKey: string
  readonly rest: Rest
  readonly restKey: string
  readonly unevaluated: Rest
  readonly isOpen: boolean
}

function itemsOf(schema: JsonMap): Items {
  const { items } = schema
  const listed = Array.isArray(items)
  const prefixed = Array.isArray(schema['prefixItems'])
  const restKey = prefixed ? 'items' : 'additionalItems'
  const rest = restOf(schema[restKey])
  const unevaluated = restOf(schema['unevaluatedItems'])
  return {
    all: !prefixed && isSchema(items) ? items : undefined,
    tuple: listed ? items : listOf(schema['prefixItems']),
    tupleKey: listed ? 'items' : 'prefixItems',
    rest,
    restKey,
    unevaluated,
    isOpen: rest === 'open' && (unevaluated === 'open' || schema[restKey] !== undefined),
  }
}

const coverOf = ({ rest, unevaluated }: Items): JsonMap | undefined =>
  typeof rest === 'object' ? rest : rest === 'open' && typeof unevaluated === 'object' ? unevaluated : undefined

const bounds: readonly Bound[] = [
  ['maxItems', 'MAX_ITEMS'],
  ['minItems', 'MIN_ITEMS'],
  ['maxContains', 'MAX_CONTAINS'],
  ['minContains', 'MIN_CONTAINS'],
]

export function arrayDifferences(context: Context, from: JsonMap, to: JsonMap, report: Report): void {
  const [writer, reader] = [itemsOf(from), itemsOf(to)]
  if (typeof writer.all === 'boolean' && typeof reader.all === 'boolean') {
    if (writer.all !== reader.all)
      report.add(reader.all ? 'ADDITIONAL_ITEMS_ADDED' : 'ADDITIONAL_ITEMS_REMOVED', '/items')
  } else if (writer.all === undefined && reader.all !== undefined) report.add('SCHEMA_ADDED', '/items')
  else if (writer.all !== undefined && reader.all === undefined) report.add('SCHEMA_REMOVED', '/items')
  else if (writer.all !== undefined && reader.all !== undefined)
    report.include(context.compare(context.writer.of(writer.all), context.reader.of(reader.all)), '/items')
  tupleDifferences(context, writer, reader, report)
  restDifferences(context, 'ADDITIONAL_ITEMS', [writer.restKey, reader.restKey], [writer.rest, reader.rest], report)
  restDifferences(
    context,
    'UNEVALUATED_ITEMS',
    ['unevaluatedItems', 'unevaluatedItems'],
    [writer.unevaluated, reader.unevaluated],
    report,
  )
  boundDifferences(bounds, from, to, report)
  if ((from['uniqueItems'] === true) !== (to['uniqueItems'] === true))
    report.add(to['uniqueItems'] === true ? 'UNIQUE_ITEMS_ADDED' : 'UNIQUE_ITEMS_REMOVED', '/uniqueItems')
}

function tupleDifferences(context: Context, writer: Items, reader: Items, report: Report): void {
  const length = Math.max(writer.tuple.length, reader.tuple.length)
  for (let index = 0; index < length; index++) {
    const [before, after] = [writer.tuple[index], reader.tuple[index]]
    const [readerAt, writerAt] = [pointer('', reader.tupleKey, index), pointer('', writer.tupleKey, index)]
    if (before !== undefined && after !== undefined)
      report.include(context.compare(context.writer.of(before), context.reader.of(after)), readerAt, writerAt)
    else if (before !== undefined) itemRemoved(context, reader, before, writerAt, report)
    else if (after !== undefined) itemAdded(context, writer, after, readerAt, report)
  }
}

function itemRemoved(context: Context, reader: Items, before: Json, at: string, report: Report): void {
  if (reader.isOpen) return report.add('ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL', at)
  const cover = coverOf(reader)
  if (cover === undefined) {
    return report.add(
      before === false ? 'ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL' : 'ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL',
      at,
    )
  }
  const found = context.compare(context.writer.of(before), context.reader.of(cover))
  report.include(found, at)
  report.add(
    found.compatible
      ? 'ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
      : 'ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    at,
  )
}

function itemAdded(context: Context, writer: Items, after: Json, at: string, report: Report): void {
  if (writer.isOpen) {
    return report.add(
      context.reader.of(after).kind === 'any'
        ? 'ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL'
        : 'ITEM_ADDED_TO_OPEN_CONTENT_MODEL',
      at,
    )
  }
  const cover = coverOf(writer)
  if (cover === undefined) return report.add('ITEM_ADDED_TO_CLOSED_CONTENT_MODEL', at)
  const found = context.compare(context.writer.of(cover), context.reader.of(after))
  report.include(found, at)
  report.add(
    found.compatible
      ? 'ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL'
      : 'ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL',
    at,
  )
}
