import { pointer, type Json, type JsonMap } from '../../json-text.ts'
import { isSchema, listOf } from '../json-keywords.ts'
import { joined, negated, type Conjunction } from './conjunction.ts'
import { targetOf } from './links.ts'
import { sameMeaning } from './meaning.ts'
import { problem, under, type Rule, type Search } from './search.ts'

/** The same in the writer, word by word: what one of them takes, the other one does, too. */
const isWritten = (reader: JsonMap, writer: Conjunction, ...keywords: readonly string[]): boolean =>
  writer.parts.some((part) => keywords.every((keyword) => sameMeaning(reader[keyword], part[keyword])))

const overlap = (search: Search, schema: Json, writer: Conjunction): boolean => !search.isEmpty(joined(writer, schema))

/** A reference and each branch of `allOf` must take all that is written. */
export const allRule: Rule = (reader, writer, search) => {
  const target = targetOf(reader)
  return [
    ...(target === undefined ? [] : search.demand(target, writer)),
    ...listOf(reader['allOf']).flatMap((branch, index) =>
      under(search.demand(branch, writer), pointer('/allOf', index), ''),
    ),
  ]
}

export const anyRule: Rule = (reader, writer, search) => {
  const branches = listOf(reader['anyOf'])
  if (branches.length === 0 || isWritten(reader, writer, 'anyOf')) return []
  const found = branches.map((branch) => search.demand(branch, writer))
  if (found.some((one) => one.length === 0)) return []
  const [only] = found
  if (only && found.length === 1) return under(only, '/anyOf/0', '')
  return [
    problem(
      'SUM_TYPE_NARROWED',
      '/anyOf',
      'none of the alternatives of the reader takes all that may have been written',
      'keep the alternatives that there were, and add new ones beside them',
    ),
  ]
}

/** One branch takes it, and none of the others takes any of it. */
export const oneRule: Rule = (reader, writer, search) => {
  const branches = listOf(reader['oneOf'])
  if (branches.length === 0 || isWritten(reader, writer, 'oneOf')) return []
  const found = branches.map((branch) => search.demand(branch, writer))
  const taking = found.findIndex((one) => one.length === 0)
  const [only] = found
  if (taking === -1 && only && found.length === 1) return under(only, '/oneOf/0', '')
  if (taking === -1) {
    return [
      problem(
        'SUM_TYPE_NARROWED',
        '/oneOf',
        'none of the alternatives of the reader takes all that may have been written',
        'keep the alternatives that there were, and add new ones beside them',
      ),
    ]
  }
  const second = branches.findIndex((branch, index) => index !== taking && overlap(search, branch, writer))
  if (second === -1) return []
  return [
    problem(
      'SUM_TYPE_OVERLAPS',
      pointer('/oneOf', second),
      `alternatives ${taking} and ${second} of the reader may both take what was written, and oneOf wants only one to`,
      'tell the alternatives apart by a constant that each requires, or use anyOf',
    ),
  ]
}

export const notRule: Rule = (reader, writer, search) => {
  const { not } = reader
  if (not === undefined || isWritten(reader, writer, 'not') || !overlap(search, not, writer)) return []
  return [
    problem(
      'NOT_TYPE_EXTENDED',
      '/not',
      'what the reader excludes may have been written',
      writer.parts.some((part) => part['not'] !== undefined)
        ? 'let "not" be what it was'
        : 'take "not" out of the reader',
    ),
  ]
}

export const conditionRule: Rule = (reader, writer, search) => {
  const condition = reader['if']
  if (!isSchema(condition) || isWritten(reader, writer, 'if', 'then', 'else')) return []
  return (['then', 'else'] as const).flatMap((keyword) => {
    const demanded = reader[keyword]
    if (demanded === undefined) return []
    const supposed = keyword === 'then' ? condition : negated(condition)
    return under(search.demand(demanded, joined(writer, supposed)), `/${keyword}`)
  })
}

/** The alternatives that a writer's schemas leave, of which at least one holds; undefined where there are none. */
export function alternativesOf(writer: Conjunction, replaced: Replace): Conjunction[] | undefined {
  for (const part of writer.parts) {
    const [any, one] = [listOf(part['anyOf']), listOf(part['oneOf'])]
    if (any.length > 0 && any.length <= branchesMax) return any.map((branch) => replaced(part, ['anyOf'], branch))
    if (one.length > 0 && one.length <= branchesMax) {
      return one.map((branch, index) => {
        const others = one.filter((_, other) => other !== index).map(negated)
        return replaced(part, ['oneOf'], branch, ...others)
      })
    }
    const condition = part['if']
    if (!isSchema(condition)) continue
    const keywords = ['if', 'then', 'else']
    return [
      replaced(part, keywords, condition, part['then'] ?? true),
      replaced(part, keywords, negated(condition), part['else'] ?? true),
    ]
  }
  return undefined
}

export type Replace = (part: JsonMap, without: readonly string[], ...added: Json[]) => Conjunction
const branchesMax = 50
