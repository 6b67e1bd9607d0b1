import { expect, test } from 'vitest'
import { type Span, waterfall } from './waterfall.ts'

const span = (spanId: string, parentSpanId: string | undefined, atMs: number, durationMs: number): Span => ({
  traceId: 't',
  spanId,
  name: spanId,
  kind: 'SERVER',
  service: 's',
  environment: 'e',
  workload: 'w',
  deployment: 'd',
  startTime: new Date(1_000_000 + atMs).toISOString(),
  durationMs,
  status: 'OK',
  attributes: {},
  ...(parentSpanId !== undefined && { parentSpanId }),
})

test('spans stand under their parents in the order of their start, at their place in the whole', () => {
  const { rows, durationMs } = waterfall([
    span('c', 'a', 50, 50),
    span('a', undefined, 0, 100),
    span('b', 'a', 10, 20),
    span('d', 'b', 12, 5),
  ])
  expect(rows.map(({ span: { spanId }, depth }) => [spanId, depth])).toEqual([
    ['a', 0],
    ['b', 1],
    ['d', 2],
    ['c', 1],
  ])
  expect(durationMs).toBe(100)
  expect(rows[3]).toMatchObject({ offset: 0.5, width: 0.5 })
})

test('a span whose parent was not recorded is shown at the top, and a repeated one once', () => {
  expect(
    waterfall([span('x', 'gone', 0, 1), span('y', undefined, 0, 1), span('y', undefined, 0, 1)]).rows.map(
      ({ span: { spanId } }) => spanId,
    ),
  ).toEqual(['x', 'y'])
})

test('a trace of no span has no rows', () => {
  expect(waterfall([]).rows).toEqual([])
})
