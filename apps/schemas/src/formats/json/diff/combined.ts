import { canonical } from '../../json-text.ts'
import type { Context, Found, Report } from './context.ts'
import type { Criterion, Shape } from './shape.ts'

type Branch = { readonly shape: Shape; readonly at: string }

/** The branches of a combination, each once; those of an unwritten one are at its own place. */
function branchesOf({ combination }: Shape): Branch[] {
  if (!combination) return []
  const { criterion, parts, written } = combination
  const seen = new Set<string>()
  return parts.flatMap((shape, index) => {
    const key = written ? canonical(shape.schema) + shape.kind : String(shape.id)
    if (seen.has(key)) return []
    seen.add(key)
    return [{ shape, at: written ? `/${criterion}/${index}` : '' }]
  })
}

/** One side is a combination and the other is none: a branch that fits is enough where one is. True where that settled it. */
export function singled(context: Context, writer: Shape, reader: Shape, report: Report): boolean {
  const [from, to] = [writer.combination, reader.combination]
  if (!from && to) {
    const choice = to.parts.length > 1
    if (choice && to.criterion === 'allOf') return false
    for (const branch of branchesOf(reader)) {
      const found = context.compare(writer, branch.shape)
      if (!found.compatible) continue
      report.include(found, branch.at, '')
      if (choice) report.add('SUM_TYPE_EXTENDED')
      return true
    }
  } else if (from && !to) {
    const product = from.parts.length > 1
    if (product && from.criterion !== 'allOf') return false
    for (const branch of branchesOf(writer)) {
      const found = context.compare(branch.shape, reader)
      if (!found.compatible) continue
      report.include(found, '', branch.at)
      if (product) report.add('PRODUCT_TYPE_NARROWED')
      return true
    }
  }
  return false
}

export function combinedDifferences(context: Context, writer: Shape, reader: Shape, report: Report): void {
  const [from, to] = [writer.combination, reader.combination]
  if (!from || !to) return
  const single = [from.parts.length === 1, to.parts.length === 1] as const
  if (from.criterion !== to.criterion) {
    const extended = isExtended(from.criterion, to.criterion, single)
    report.add(extended ? 'COMBINED_TYPE_EXTENDED' : 'COMBINED_TYPE_CHANGED', '', {
      before: from.criterion,
      after: to.criterion,
    })
    if (!extended) return
  }
  const [before, after] = [branchesOf(writer), branchesOf(reader)]
  if (before.length < after.length) report.add(to.criterion === 'allOf' ? 'PRODUCT_TYPE_EXTENDED' : 'SUM_TYPE_EXTENDED')
  else if (before.length > after.length)
    report.add(from.criterion === 'allOf' ? 'PRODUCT_TYPE_NARROWED' : 'SUM_TYPE_NARROWED')

  const found = before.map((one) => after.map((other) => context.compare(one.shape, other.shape)))
  const matched = maximumMatching(found.map((row) => row.map((edge) => edge.compatible)))
  for (const [index, other] of matched) include(report, found, before, after, index, other)
  if (matched.size >= Math.min(before.length, after.length)) return
  report.add('COMBINED_TYPE_SUBSCHEMAS_CHANGED')
  // Which branch was meant to be which is a guess, made only to say more than that: of those left, the first of its kind.
  const taken = new Set(matched.values())
  for (const [index, one] of before.entries()) {
    if (matched.has(index)) continue
    const other = after.findIndex((branch, at) => !taken.has(at) && branch.shape.kind === one.shape.kind)
    if (other === -1) continue
    taken.add(other)
    include(report, found, before, after, index, other)
  }
}

function include(
  report: Report,
  found: readonly (readonly Found[])[],
  before: readonly Branch[],
  after: readonly Branch[],
  index: number,
  other: number,
): void {
  const edge = found[index]?.[other]
  if (edge) report.include(edge, after[other]?.at ?? '', before[index]?.at ?? '')
}

function isExtended(from: Criterion, to: Criterion, [fromOne, toOne]: readonly [boolean, boolean]): boolean {
  return to === 'anyOf' || (fromOne && (toOne || to === 'oneOf')) || (toOne && from === 'allOf')
}

/** The largest set of pairs in which nobody is twice (Kuhn's augmenting paths), as left -> right. */
function maximumMatching(edges: readonly (readonly boolean[])[]): Map<number, number> {
  const left = new Map<number, number>()
  const right = new Map<number, number>()
  const augment = (from: number, tried: Set<number>): boolean => {
    for (const [to, isEdge] of (edges[from] ?? []).entries()) {
      if (!isEdge || tried.has(to)) continue
      tried.add(to)
      const other = right.get(to)
      if (other !== undefined && !augment(other, tried)) continue
      right.set(to, from)
      left.set(from, to)
      return true
    }
    return false
  }
  for (const index of edges.keys()) augment(index, new Set())
  return left
}
