import { canonical, type Json, type JsonMap } from '../../json-text.ts'
import { listOf } from '../json-keywords.ts'
import type { Report } from './context.ts'
import type { BoundRule } from './rules.ts'

export type Bound = readonly [keyword: string, rule: BoundRule]

/** A limit of the same keyword on both sides: added, removed, raised or lowered. */
export function boundDifferences(bounds: readonly Bound[], writer: JsonMap, reader: JsonMap, report: Report): void {
  for (const [keyword, rule] of bounds) {
    const [before, after] = [limitOf(writer, keyword), limitOf(reader, keyword)]
    if (before === after) continue
    const step =
      before === undefined ? 'ADDED' : after === undefined ? 'REMOVED' : before < after ? 'INCREASED' : 'DECREASED'
    report.add(`${rule}_${step}`, `/${keyword}`, { before, after })
  }
}

/** In draft 4 an exclusive limit is a flag beside the limit. */
function limitOf(schema: JsonMap, keyword: string): number | undefined {
  const value = schema[keyword]
  if (typeof value === 'number') return value
  const flagged = value === true ? schema[keyword === 'exclusiveMaximum' ? 'maximum' : 'minimum'] : undefined
  return typeof flagged === 'number' ? flagged : undefined
}

const stringBounds: readonly Bound[] = [
  ['maxLength', 'MAX_LENGTH'],
  ['minLength', 'MIN_LENGTH'],
]

export function stringDifferences(writer: JsonMap, reader: JsonMap, report: Report): void {
  boundDifferences(stringBounds, writer, reader, report)
  const [before, after] = [writer['pattern'], reader['pattern']]
  if (before === after) return
  const rule = before === undefined ? 'PATTERN_ADDED' : after === undefined ? 'PATTERN_REMOVED' : 'PATTERN_CHANGED'
  report.add(rule, '/pattern', { before, after })
}

const numberBounds: readonly Bound[] = [
  ['maximum', 'MAXIMUM'],
  ['minimum', 'MINIMUM'],
  ['exclusiveMaximum', 'EXCLUSIVE_MAXIMUM'],
  ['exclusiveMinimum', 'EXCLUSIVE_MINIMUM'],
]

export function numberDifferences(writer: JsonMap, reader: JsonMap, report: Report): void {
  boundDifferences(numberBounds, writer, reader, report)
  const [before, after] = [writer['multipleOf'], reader['multipleOf']]
  if (before !== after) {
    const rule =
      typeof before !== 'number'
        ? 'MULTIPLE_OF_ADDED'
        : typeof after !== 'number'
          ? 'MULTIPLE_OF_REMOVED'
          : isMultiple(after, before)
            ? 'MULTIPLE_OF_EXPANDED'
            : isMultiple(before, after)
              ? 'MULTIPLE_OF_REDUCED'
              : 'MULTIPLE_OF_CHANGED'
    report.add(rule, '/multipleOf', { before, after })
  }
  const [wrote, reads] = [writer['type'] === 'integer', reader['type'] === 'integer']
  if (wrote !== reads)
    report.add(wrote ? 'TYPE_EXTENDED' : 'TYPE_NARROWED', '', {
      before: writer['type'] ?? 'number',
      after: reader['type'] ?? 'number',
    })
}

/** Decimal steps such as 0.1 and 0.3 are meant as decimals, and no double holds them. */
export function isMultiple(value: number, step: number): boolean {
  const quotient = value / step
  return Math.abs(quotient - Math.round(quotient)) <= 1e-9 * Math.max(1, Math.abs(quotient))
}

export function enumDifferences(writer: JsonMap, reader: JsonMap, report: Report): void {
  const texts = (schema: JsonMap): Map<string, Json> =>
    new Map(listOf(schema['enum']).map((value) => [canonical(value), value]))
  const [before, after] = [texts(writer), texts(reader)]
  const lost = [...before].filter(([text]) => !after.has(text)).map(([, value]) => value)
  const gained = [...after].filter(([text]) => !before.has(text)).map(([, value]) => value)
  if (lost.length === 0 && gained.length === 0) return
  const rule =
    lost.length === 0 ? 'ENUM_ARRAY_EXTENDED' : gained.length === 0 ? 'ENUM_ARRAY_NARROWED' : 'ENUM_ARRAY_CHANGED'
  report.add(rule, '/enum', { before: lost, after: gained })
}
