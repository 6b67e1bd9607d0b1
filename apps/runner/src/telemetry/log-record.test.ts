import { expect, test } from 'vitest'
import { logRecord } from './log-record.ts'

const nowMs = Date.parse('2026-01-01T00:00:00Z')
const of = (line: string, stream: 'stdout' | 'stderr' = 'stdout') => logRecord(line, stream, nowMs)

test('a JSON line gives its message, level, time and trace', () => {
  const record = of(
    JSON.stringify({
      level: 50,
      time: nowMs - 5,
      msg: 'broke',
      trace_id: 'a'.repeat(32),
      span_id: 'b'.repeat(16),
      user: 7,
    }),
  )
  expect(record).toMatchObject({
    severityText: 'ERROR',
    severityNumber: 17,
    body: { stringValue: 'broke' },
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    timeUnixNano: `${nowMs - 5}000000`,
  })
  expect(record.attributes).toContainEqual({ key: 'user', value: { stringValue: '7' } })
})

test('any other line is its own message; the stream says how grave it is', () => {
  expect(of('hello')).toMatchObject({
    severityText: 'INFO',
    body: { stringValue: 'hello' },
    timeUnixNano: `${nowMs}000000`,
  })
  expect(of('oh no', 'stderr').severityText).toBe('ERROR')
  expect(of('{"broken').body.stringValue).toBe('{"broken')
})

test('a trace id that is none, and a time that cannot be, are not believed', () => {
  const record = of('{"msg":"x","trace_id":"zz","time":"1999-01-01T00:00:00Z"}')
  expect(record).not.toHaveProperty('traceId')
  expect(record.timeUnixNano).toBe(`${nowMs}000000`)
})
