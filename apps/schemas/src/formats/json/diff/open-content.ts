import { isMap, type Json, type JsonMap } from '../../json-text.ts'
import { annotationKeywords } from '../json-keywords.ts'
import type { Context, Report } from './context.ts'
import type { OpenPart, Rule } from './rules.ts'

/** What a keyword about the rest allows: anything, nothing, or what a schema says. */
export type Rest = 'open' | 'closed' | JsonMap

export const restOf = (value: Json | undefined): Rest =>
  value === false
    ? 'closed'
    : isMap(value) && Object.keys(value).some((key) => !annotationKeywords.has(key))
      ? value
      : 'open'

/** A change of `additional…` or `unevaluated…`, which both sides' schemas have at `keyword`. */
export function restDifferences(
  context: Context,
  part: OpenPart,
  [writerKey, readerKey]: readonly [string, string],
  [before, after]: readonly [Rest, Rest],
  report: Report,
): void {
  const rule = restRule(part, before, after)
  if (rule) return report.add(rule, `/${readerKey}`, { writerPath: `/${writerKey}` })
  if (before === 'open' || before === 'closed' || after === 'open' || after === 'closed') return
  report.include(context.compare(context.writer.of(before), context.reader.of(after)), `/${readerKey}`, `/${writerKey}`)
}

function restRule(part: OpenPart, before: Rest, after: Rest): Rule | undefined {
  if ((before === 'closed') !== (after === 'closed')) return before === 'closed' ? `${part}_ADDED` : `${part}_REMOVED`
  if (before === 'open' && after !== 'open') return `${part}_NARROWED`
  if (before !== 'open' && after === 'open') return `${part}_EXTENDED`
  return undefined
}
