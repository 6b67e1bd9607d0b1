import { pointer, same } from '../../json-text.ts'
import type { Incompatibility } from '../../format.ts'
import { enumOf, may, number, typesOf, type Rule } from './vocabulary.ts'

export const typeRule: Rule = (reader, writer, path) => {
  const read = typesOf(reader)
  const lost = [...typesOf(writer)].filter((type) => !read.has(type))
  if (lost.length === 0 || reader['type'] === undefined) return []
  return [
    {
      rule: writer['type'] === undefined ? 'TYPE_ADDED' : 'TYPE_NARROWED',
      path: pointer(path, 'type'),
      message: `${lost.join(', ')} was allowed and is not any more`,
      edit: `add it to "type"`,
    },
  ]
}

export const enumRule: Rule = (reader, writer, path) => {
  const read = enumOf(reader)
  if (!read) return []
  const written = enumOf(writer)
  const lost = written?.filter((value) => !read.some((other) => same(value, other)))
  if (lost?.length === 0) return []
  const what = lost
    ? lost
        .slice(0, 5)
        .map((value) => JSON.stringify(value))
        .join(', ')
    : 'any value'
  return [
    {
      rule: written ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_ADDED',
      path: pointer(path, 'const' in reader ? 'const' : 'enum'),
      message: `${what} was allowed and is not any more`,
      edit: `keep it`,
    },
  ]
}

/** [keyword, the type it speaks of, `max`: a larger reader's value allows more; `min`: a smaller one does]. */
export const bounds: readonly (readonly [string, string, 'max' | 'min'])[] = [
  ['maxLength', 'string', 'max'],
  ['minLength', 'string', 'min'],
  ['maxItems', 'array', 'max'],
  ['minItems', 'array', 'min'],
  ['maxProperties', 'object', 'max'],
  ['minProperties', 'object', 'min'],
  ['maximum', 'number', 'max'],
  ['minimum', 'number', 'min'],
  ['exclusiveMaximum', 'number', 'max'],
  ['exclusiveMinimum', 'number', 'min'],
]

export const boundsRule: Rule = (reader, writer, path) =>
  bounds.flatMap(([keyword, type, side]) => {
    const limit = number(reader, keyword)
    if (limit === undefined || !(may(writer, type) || (type === 'number' && may(writer, 'integer')))) return []
    const before = number(writer, keyword)
    const wider = before !== undefined && (side === 'max' ? limit >= before : limit <= before)
    const harmless = side === 'min' && limit <= 0 && type !== 'number'
    if (wider || harmless) return []
    const verb = before === undefined ? 'ADDED' : side === 'max' ? 'DECREASED' : 'INCREASED'
    return [
      {
        rule: `${keyword.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}_${verb}`,
        path: pointer(path, keyword),
        message: `${keyword} ${limit} refuses what was allowed (${before === undefined ? 'it had no limit' : `it was ${before}`})`,
        edit: before === undefined ? 'leave it out' : `keep ${before}`,
      },
    ]
  })

export const textRule: Rule = (reader, writer, path) => {
  const problems: Incompatibility[] = []
  if (reader['pattern'] !== undefined && may(writer, 'string') && !same(reader['pattern'], writer['pattern'])) {
    problems.push({
      rule: writer['pattern'] === undefined ? 'PATTERN_ADDED' : 'PATTERN_CHANGED',
      path: pointer(path, 'pattern'),
      message: 'the pattern may refuse what was allowed',
      edit: 'keep the old one or leave it out',
    })
  }
  const step = number(reader, 'multipleOf')
  const before = number(writer, 'multipleOf')
  if (step !== undefined && (may(writer, 'number') || may(writer, 'integer'))) {
    const fits = before !== undefined ? Number.isInteger(before / step) : step === 1 && !may(writer, 'number')
    if (!fits)
      problems.push({
        rule: 'MULTIPLE_OF_CHANGED',
        path: pointer(path, 'multipleOf'),
        message: `multiples of ${step} leave out what was allowed`,
        edit: `leave it out`,
      })
  }
  if (reader['uniqueItems'] === true && writer['uniqueItems'] !== true && may(writer, 'array')) {
    problems.push({
      rule: 'UNIQUE_ITEMS_ADDED',
      path: pointer(path, 'uniqueItems'),
      message: 'repeated items were allowed',
      edit: 'leave it out',
    })
  }
  return problems
}
