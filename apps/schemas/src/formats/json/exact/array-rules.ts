import { pointer, type Json, type JsonMap } from '../../json-text.ts'
import { conjunctionOf, type Conjunction } from './conjunction.ts'
import { itemOf, limitOf, may, prefixLengthOf, prefixOf, restItemsOf } from './facts.ts'
import { problem, tooComplex, under, type Rule, type Search } from './search.ts'

/** Longer lists of items are not compared one by one. */
const itemsMax = 1_000

const keywordOf = (schemas: readonly JsonMap[], index: number): string => {
  const listing = schemas.find((schema) => prefixOf(schema)[index] !== undefined)
  if (listing) return pointer('', Array.isArray(listing['items']) ? 'items' : 'prefixItems', index)
  return restKeyword(schemas)
}
const restKeyword = (schemas: readonly JsonMap[]): string =>
  schemas.some((schema) => Array.isArray(schema['items']))
    ? '/additionalItems'
    : schemas.some((schema) => schema['items'] !== undefined)
      ? '/items'
      : '/unevaluatedItems'

export const itemsRule: Rule = (reader, writer, search) => {
  if (!may(writer, 'array')) return []
  const possible = limitOf(writer, 'maxItems') ?? Infinity
  const listed = Math.min(Math.max(prefixOf(reader).length, prefixLengthOf(writer)), possible)
  if (listed > itemsMax) return [tooComplex]
  const found = Array.from({ length: listed }, (_, index) =>
    under(
      search.inside(prefixOf(reader)[index] ?? restItemsOf(reader), itemOf(writer, index)),
      keywordOf([reader], index),
      keywordOf(writer.parts, index),
    ),
  ).flat()
  if (possible <= listed) return found
  const rest = search.inside(restItemsOf(reader), itemOf(writer, listed))
  return [...found, ...under(rest, restKeyword([reader]), restKeyword(writer.parts))]
}

export const uniqueRule: Rule = (reader, writer) => {
  if (reader['uniqueItems'] !== true || !may(writer, 'array')) return []
  if (writer.parts.some((part) => part['uniqueItems'] === true) || (limitOf(writer, 'maxItems') ?? 2) <= 1) return []
  return [
    problem(
      'UNIQUE_ITEMS_ADDED',
      '/uniqueItems',
      'the same item twice was allowed',
      'take uniqueItems out of the reader',
    ),
  ]
}

type Counted = { readonly items: Json; readonly min: number; readonly max: number }

const countedOf = (schema: JsonMap): Counted | undefined => {
  const { contains, minContains, maxContains } = schema
  if (contains === undefined) return undefined
  return {
    items: contains,
    min: typeof minContains === 'number' ? minContains : 1,
    max: typeof maxContains === 'number' ? maxContains : Infinity,
  }
}

/** So many of the items must be of a kind, and no more than so many may. */
export const containsRule: Rule = (reader, writer, search) => {
  const wanted = countedOf(reader)
  if (!wanted || !may(writer, 'array')) return []
  const written = writer.parts.flatMap((part) => countedOf(part) ?? [])
  const isEnough =
    wanted.min <= 0 ||
    written.some(
      (one) => one.min >= wanted.min && search.inside(wanted.items, conjunctionOf([one.items])).length === 0,
    ) ||
    ((limitOf(writer, 'minItems') ?? 0) >= wanted.min && areAll(wanted.items, writer, search))
  const isNotTooMuch =
    wanted.max >= (limitOf(writer, 'maxItems') ?? Infinity) ||
    written.some((one) => one.max <= wanted.max && search.inside(one.items, conjunctionOf([wanted.items])).length === 0)
  return [
    ...(isEnough
      ? []
      : [
          problem(
            written.length === 0 ? 'CONTAINS_ADDED' : 'CONTAINS_NARROWED',
            '/contains',
            `the reader wants ${wanted.min} or more items of a kind, and what was written may have fewer`,
            written.length === 0 ? 'take contains out of the reader' : 'let contains and minContains be what they were',
          ),
        ]),
    ...(isNotTooMuch
      ? []
      : [
          problem(
            'MAX_CONTAINS_DECREASED',
            '/maxContains',
            `the reader takes at most ${wanted.max} items of a kind, and what was written may have more`,
            'let maxContains be what it was, or take it out of the reader',
          ),
        ]),
  ]
}

function areAll(items: Json, writer: Conjunction, search: Search): boolean {
  const listed = prefixLengthOf(writer)
  if (listed > itemsMax) return false
  return Array.from({ length: listed + 1 }, (_, index) => index).every(
    (index) => search.inside(items, itemOf(writer, index)).length === 0,
  )
}
