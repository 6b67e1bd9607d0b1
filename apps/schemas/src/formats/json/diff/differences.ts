import { arrayDifferences } from './arrays.ts'
import { combinedDifferences, singled } from './combined.ts'
import { reportOf, type Context, type Found, type Report } from './context.ts'
import { objectDifferences } from './objects.ts'
import type { Rule } from './rules.ts'
import { enumDifferences, numberDifferences, stringDifferences } from './scalars.ts'
import type { Shape, Shapes } from './shape.ts'
import { canonical, type Json } from '../../json-text.ts'

/** Pairs of schemas that are compared before the two are called too complex: some seconds' worth would be a way to stall. */
const pairsMax = 100_000
/** Pairs within pairs; deeper ones would need as deep a stack. */
const depthMax = 300

type Passing = {
  readonly compatible: ReadonlySet<Rule>
  readonly budget: { pairs: number; depth: number }
  /** Pairs that an earlier pass found incompatible. */
  readonly refused: ReadonlySet<string>
  readonly memo: Map<string, Found>
  readonly open: Set<string>
  assumed: boolean
}

/**
 * What differs between what a writer's schema says and what a reader's does. A pair that is met again inside of itself is
 * taken for compatible, and what was found under that assumption is kept; so passes are repeated, with the pairs
 * that turned out incompatible known from the start, until none is added (the greatest fixpoint).
 */
export function differencesOf(writer: Shapes, reader: Shapes, compatible: ReadonlySet<Rule>): Found {
  const budget = { pairs: pairsMax, depth: 0 }
  let refused: ReadonlySet<string> = new Set()
  for (;;) {
    const passing: Passing = { compatible, budget, refused, memo: new Map(), open: new Set(), assumed: false }
    const found = contextOf(passing, writer, reader).compare(writer.root(), reader.root())
    const incompatible = new Set(refused)
    for (const [pair, { compatible: is }] of passing.memo) if (!is) incompatible.add(pair)
    if (!passing.assumed || incompatible.size === refused.size || budget.pairs <= 0) return told(found)
    refused = incompatible
  }
}

/** A pair that only its own recursion breaks would have nothing to tell. */
const told = (found: Found): Found =>
  found.compatible || found.differences.length > 0
    ? found
    : { compatible: false, differences: [{ rule: 'TYPE_CHANGED', path: '', writerPath: '' }] }

function contextOf(passing: Passing, writer: Shapes, reader: Shapes): Context {
  const { compatible, budget, memo, open } = passing
  const context: Context = {
    writer,
    reader,
    compatible,
    report: () => reportOf(compatible, budget.depth),
    turned: () => contextOf(passing, reader, writer),
    compare(from, to) {
      const pair = `${from.id}:${to.id}`
      const known = memo.get(pair)
      if (known) return known
      if (open.has(pair)) {
        if (passing.refused.has(pair)) return { differences: [], compatible: false }
        passing.assumed = true
        return { differences: [], compatible: true }
      }
      if (budget.pairs-- <= 0 || budget.depth >= depthMax)
        return { differences: [{ rule: 'TOO_COMPLEX', path: '', writerPath: '' }], compatible: false }
      open.add(pair)
      budget.depth++
      const found = typeDifferences(context, from, to)
      budget.depth--
      open.delete(pair)
      memo.set(pair, found)
      return found
    },
  }
  return context
}

const annotations: readonly (readonly [Rule, string])[] = [
  ['ID_CHANGED', '$id'],
  ['TITLE_CHANGED', 'title'],
  ['DESCRIPTION_CHANGED', 'description'],
  ['DEFAULT_CHANGED', 'default'],
]

function typeDifferences(context: Context, writer: Shape, reader: Shape): Found {
  const report = context.report()
  if (singled(context, writer, reader, report)) return report.done()
  if (writer.kind !== reader.kind) {
    const bytes = writer.schema['connect.type'] === 'bytes' && reader.schema['connect.type'] === 'bytes'
    if (writer.kind !== 'never' && reader.kind !== 'any' && !bytes)
      report.add('TYPE_CHANGED', '', { before: nameOf(writer), after: nameOf(reader) })
    return report.done()
  }
  for (const [rule, key] of annotations) {
    if (text(writer.schema[key]) !== text(reader.schema[key])) report.add(rule)
  }
  details(context, writer, reader, report)
  return report.done()
}

function details(context: Context, writer: Shape, reader: Shape, report: Report): void {
  const [from, to] = [writer.schema, reader.schema]
  if (reader.kind === 'string') stringDifferences(from, to, report)
  else if (reader.kind === 'number') numberDifferences(from, to, report)
  else if (reader.kind === 'object') objectDifferences(context, from, to, report)
  else if (reader.kind === 'array') arrayDifferences(context, from, to, report)
  else if (reader.kind === 'enum') enumDifferences(from, to, report)
  else if (reader.kind === 'combined') combinedDifferences(context, writer, reader, report)
  else if (reader.kind === 'const' && text(from['const']) !== text(to['const']))
    report.add('ENUM_ARRAY_CHANGED', '/const', { before: from['const'], after: to['const'] })
  else if (reader.kind === 'not') {
    const turned = context.turned()
    const inner = turned.compare(turned.writer.of(to['not'] ?? true), turned.reader.of(from['not'] ?? true))
    if (inner.differences.length > 0 || !inner.compatible)
      report.add(inner.compatible ? 'NOT_TYPE_NARROWED' : 'NOT_TYPE_EXTENDED', '/not')
  }
}

const text = (value: Json | undefined): string | undefined => (value === undefined ? undefined : canonical(value))

const nameOf = (shape: Shape): Json => shape.combination?.criterion ?? shape.schema['type'] ?? shape.kind
