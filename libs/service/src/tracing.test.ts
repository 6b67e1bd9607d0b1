import { context, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace'
import { expect, test } from 'vitest'
import { startTracing } from './tracing.ts'

test('a request continues the trace of its caller, and what it does inside belongs to it', async () => {
  const exporter = new InMemorySpanExporter()
  const tracing = await startTracing('test', undefined, new SimpleSpanProcessor({ exporter }))
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const span = tracing.start('listThings', 'GET', { traceparent: `00-${traceId}-b7ad6b7169203331-01` })
  const inside = await span.within(async () => {
    await Promise.resolve()
    return trace.getSpanContext(context.active())?.traceId
  })
  span.end(503, new Error('x'))
  expect(inside).toBe(traceId)
  expect(exporter.getFinishedSpans()).toMatchObject([
    { name: 'listThings', attributes: { 'http.response.status_code': 503 } },
  ])
  await tracing.stop()
})

test('without a collector nothing is traced', async () => {
  const tracing = await startTracing('test', '')
  const span = tracing.start('x', 'GET', { traceparent: 'garbage' })
  expect(span.within(() => 7)).toBe(7)
  span.end(200, undefined)
  await tracing.stop()
})
