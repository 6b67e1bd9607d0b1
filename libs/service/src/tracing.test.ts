import { context, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { failure } from '@plinth/contracts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTracing, type TracedRequest, type Tracing } from './tracing.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const spanId = 'b7ad6b7169203331'
const request = (
  traceparent: string,
  config: TracedRequest['routeOptions']['config'] = { operation: 'getThing' },
): TracedRequest => ({
  method: 'GET',
  url: '/things/a?secret=b',
  headers: { traceparent, 'user-agent': 'x' },
  routeOptions: { url: '/things/:thing', config },
})

const exporter = new InMemorySpanExporter()
let tracing: Tracing
beforeAll(async () => {
  tracing = await startTracing('test', undefined, new SimpleSpanProcessor({ exporter }))
})
beforeEach(() => exporter.reset())
afterAll(() => tracing.stop())
const spans = (): ReadableSpan[] => exporter.getFinishedSpans()

test('a request continues the trace of its caller, and what it does inside belongs to it', async () => {
  const span = tracing.start(request(`00-${traceId}-${spanId}-01`))
  const inside = await span.within(async () => {
    await Promise.resolve()
    return trace.getSpanContext(context.active())
  })
  span.end(503, failure('platform.unavailable'))
  expect(span.traceparent).toBe(`00-${traceId}-${inside?.spanId}-01`)
  expect(spans()).toHaveLength(1)
  expect(spans()[0]).toMatchObject({ name: 'GET /things/:thing', parentSpanContext: { traceId, spanId } })
  expect(spans()[0]?.attributes).toEqual({
    'http.request.method': 'GET',
    'http.route': '/things/:thing',
    'url.path': '/things/a',
    'plinth.operation': 'getThing',
    'http.response.status_code': 503,
    'error.type': 'platform.unavailable',
  })
})

test("what is the caller's own mistake is no error of the server's", () => {
  tracing.start(request('')).end(404, failure('platform.route_unknown'))
  expect(spans()[0]?.attributes).not.toHaveProperty('error.type')
})

test('a trace that its caller does not record is not recorded here, and said on as not recorded', () => {
  const span = tracing.start(request(`00-${traceId}-${spanId}-00`))
  span.end(200, undefined)
  expect(span.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
  expect(spans()).toEqual([])
})

test.each([
  'garbage',
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `ff-${traceId}-${spanId}-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId}-${spanId}-01-more`,
])('a traceparent that is none begins a new trace: %s', (traceparent) => {
  const span = tracing.start(request(traceparent))
  span.end(200, undefined)
  expect(span.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  expect(span.traceparent).not.toContain(traceId)
  expect(spans()[0]?.parentSpanContext).toBeUndefined()
})

test.each([{ operational: true }, { untraced: true }])('no span is made of %o', (config) => {
  tracing.start(request('', config)).end(200, undefined)
  expect(spans()).toEqual([])
})

test("a method that nobody knows is not a span's name", () => {
  tracing.start({ ...request(''), method: 'PURGE', routeOptions: { config: {} } }).end(404, undefined)
  expect(spans()[0]).toMatchObject({
    name: 'HTTP',
    attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'PURGE' },
  })
})

test('without a collector nothing is traced', async () => {
  const none = await startTracing('test', '')
  const span = none.start(request('garbage'))
  expect(span.within(() => 7)).toBe(7)
  expect([none.isOn, span.traceparent]).toEqual([false, undefined])
  span.end(200, undefined)
  await none.stop()
})
