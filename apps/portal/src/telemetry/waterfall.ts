import type { Answer } from '../api/plinth.ts'

export type Span = Answer<'getTrace'>['items'][number]
export type Row = { span: Span; depth: number; offset: number; width: number }

/** Spans in the order of their tree, each with its place in the whole as fractions of its length. */
export function waterfall(spans: readonly Span[]): { rows: readonly Row[]; durationMs: number; startMs: number } {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const children = new Map<string, Span[]>()
  for (const span of spans.toSorted((a, b) => a.startTime.localeCompare(b.startTime))) {
    // A span whose parent was not recorded stands at the top, so that nothing is hidden.
    const parent = span.parentSpanId !== undefined && known.has(span.parentSpanId) ? span.parentSpanId : ''
    children.set(parent, [...(children.get(parent) ?? []), span])
  }
  const startMs = Math.min(...spans.map(({ startTime }) => Date.parse(startTime)))
  const endMs = Math.max(...spans.map(({ startTime, durationMs }) => Date.parse(startTime) + durationMs))
  const whole = Math.max(endMs - startMs, 0.001)
  const rows: Row[] = []
  const waiting = (children.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse()
  const seen = new Set<string>()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { span, depth } = next
    if (seen.has(span.spanId)) continue
    seen.add(span.spanId)
    rows.push({ span, depth, offset: (Date.parse(span.startTime) - startMs) / whole, width: span.durationMs / whole })
    waiting.push(...(children.get(span.spanId) ?? []).map((child) => ({ span: child, depth: depth + 1 })).reverse())
  }
  return { rows, durationMs: whole, startMs }
}
