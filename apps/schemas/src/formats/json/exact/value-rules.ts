import { canonical, same, type Json } from '../../json-text.ts'
import { isMultiple } from '../diff/scalars.ts'
import { patternOf } from '../json-patterns.ts'
import { edgeOf, enumOf, limitOf, may, requiredOf, typesAllowed, typesOf, valuesOf, type Type } from './facts.ts'
import { problem, short, type Rule } from './search.ts'

export const typeRule: Rule = (reader, writer) => {
  const read = typesAllowed(reader)
  const lost = [...typesOf(writer)].filter((type) => !read.has(type))
  if (lost.length === 0) return []
  const told = lost.map((type) => (type === 'fraction' ? 'number' : type)).join(', ')
  const had = writer.parts.some((part) => 'type' in part)
  return [
    problem(
      had ? 'TYPE_NARROWED' : 'TYPE_ADDED',
      '/type',
      `${told} may have been written, and the reader takes ${short(reader['type'])}`,
      `add ${told} to "type" of the reader`,
    ),
  ]
}

export const enumRule: Rule = (reader, writer) => {
  const read = enumOf(reader)
  if (!read) return []
  const written = valuesOf(writer)
  const texts = new Set(read.map(canonical))
  const lost = written?.filter((value) => !texts.has(canonical(value)))
  if (lost?.length === 0) return []
  const told = lost?.slice(0, 5).map(short).join(', ')
  return [
    problem(
      lost ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_ADDED',
      'const' in reader ? '/const' : '/enum',
      `${told ?? 'any value'} may have been written, and the reader takes only ${read.slice(0, 5).map(short).join(', ')}`,
      told === undefined ? 'take the list of values out of the reader' : `keep ${told}`,
    ),
  ]
}

/** [keyword, its name in rules, the types that it speaks of]. */
const bounds: readonly (readonly [string, string, readonly Type[]])[] = [
  ['maxLength', 'MAX_LENGTH', ['string']],
  ['minLength', 'MIN_LENGTH', ['string']],
  ['maxItems', 'MAX_ITEMS', ['array']],
  ['minItems', 'MIN_ITEMS', ['array']],
  ['maxProperties', 'MAX_PROPERTIES', ['object']],
  ['minProperties', 'MIN_PROPERTIES', ['object']],
]
const edges: readonly (readonly [string, string, -1 | 1])[] = [
  ['maximum', 'MAXIMUM', 1],
  ['exclusiveMaximum', 'EXCLUSIVE_MAXIMUM', 1],
  ['minimum', 'MINIMUM', -1],
  ['exclusiveMinimum', 'EXCLUSIVE_MINIMUM', -1],
]

export const boundKeywords: readonly string[] = [...bounds, ...edges].map(([keyword]) => keyword)

const limited = (keyword: string, name: string, isMax: boolean, limit: number, before: number | undefined) =>
  problem(
    `${name}_${before === undefined ? 'ADDED' : isMax ? 'DECREASED' : 'INCREASED'}`,
    `/${keyword}`,
    `${keyword} is ${limit} for the reader, and ${before === undefined ? 'the writer has no such limit' : `the writer's limit is ${before}`}`,
    before === undefined ? `take ${keyword} out of the reader` : `let ${keyword} of the reader be ${before}`,
  )

export const boundsRule: Rule = (reader, writer) => {
  const counted = bounds.flatMap(([keyword, name, types]) => {
    const limit = reader[keyword]
    const isMax = keyword.startsWith('max')
    if (typeof limit !== 'number' || (!isMax && limit <= 0) || !may(writer, ...types)) return []
    const own = limitOf(writer, keyword)
    const before = keyword === 'minProperties' ? Math.max(own ?? 0, requiredOf(writer).size) || undefined : own
    if (before !== undefined && (isMax ? before <= limit : before >= limit)) return []
    return [limited(keyword, name, isMax, limit, own)]
  })
  if (!may(writer, 'integer', 'fraction')) return counted
  const measured = edges.flatMap(([keyword, name, sign]) => {
    const limit = reader[keyword]
    if (typeof limit !== 'number') return []
    const edge = edgeOf(writer, sign)
    const reaches = edge?.value === limit && keyword.startsWith('exclusive') && !edge.isExclusive
    if (edge !== undefined && sign * edge.value <= sign * limit && !reaches) return []
    return [limited(keyword, name, sign === 1, limit, edge?.value)]
  })
  return [...counted, ...measured]
}

export const patternRule: Rule = (reader, writer) => {
  const { pattern } = reader
  if (typeof pattern !== 'string' || !may(writer, 'string')) return []
  if (writer.parts.some((part) => part['pattern'] === pattern)) return []
  const texts = valuesOf(writer)?.filter((value) => typeof value === 'string')
  const read = patternOf(pattern)
  if (texts?.every((text) => read.test(text))) return []
  const before = writer.parts.find((part) => part['pattern'] !== undefined)?.['pattern']
  return [
    problem(
      before === undefined ? 'PATTERN_ADDED' : 'PATTERN_CHANGED',
      '/pattern',
      `the reader wants text that matches ${pattern.slice(0, 120)}, and the writer ${before === undefined ? 'takes any' : `took what matches ${short(before)}`}`,
      before === undefined ? 'take the pattern out of the reader' : `let the pattern be ${short(before)}`,
    ),
  ]
}

export const multipleRule: Rule = (reader, writer) => {
  const step = reader['multipleOf']
  if (typeof step !== 'number' || !may(writer, 'integer', 'fraction')) return []
  const fits = (value: Json | undefined): boolean => typeof value === 'number' && isMultiple(value, step)
  if (writer.parts.some((part) => fits(part['multipleOf'])) || (!may(writer, 'fraction') && fits(1))) return []
  if (valuesOf(writer)?.every((value) => typeof value !== 'number' || fits(value))) return []
  const before = writer.parts.find((part) => part['multipleOf'] !== undefined)?.['multipleOf']
  return [
    problem(
      before === undefined ? 'MULTIPLE_OF_ADDED' : 'MULTIPLE_OF_CHANGED',
      '/multipleOf',
      `the reader takes only multiples of ${step}, and the writer ${before === undefined ? 'takes any number' : `took those of ${short(before)}`}`,
      before === undefined ? 'take multipleOf out of the reader' : `let multipleOf be ${short(before)}`,
    ),
  ]
}

const texts: readonly (readonly [string, string])[] = [
  ['format', 'FORMAT'],
  ['contentEncoding', 'CONTENT_ENCODING'],
  ['contentMediaType', 'CONTENT_MEDIA_TYPE'],
  ['contentSchema', 'CONTENT_SCHEMA'],
]

export const formatKeywords: readonly string[] = texts.map(([keyword]) => keyword)

/** What says how a text is to be read, and which texts there are, must be said by the writer, too. */
export const formatRule: Rule = (reader, writer) =>
  texts.flatMap(([keyword, name]) => {
    const after = reader[keyword]
    const speaksOf: readonly Type[] = keyword === 'format' ? ['string', 'integer', 'fraction'] : ['string']
    if (after === undefined || !may(writer, ...speaksOf)) return []
    if (writer.parts.some((part) => same(part[keyword], after))) return []
    const before = writer.parts.find((part) => part[keyword] !== undefined)?.[keyword]
    return [
      problem(
        `${name}_${before === undefined ? 'ADDED' : 'CHANGED'}`,
        `/${keyword}`,
        `${keyword} is ${short(after)} for the reader, and ${before === undefined ? 'the writer promises none' : `${short(before)} was written`}`,
        before === undefined ? `take ${keyword} out of the reader` : `let ${keyword} be ${short(before)}`,
      ),
    ]
  })
