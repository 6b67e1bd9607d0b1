import { until } from '@plinth/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { as, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'
import { otlpReceiver, type OtlpReceiver, type ReceivedSpan } from '../test-support/otlp-receiver.ts'

const project = '/api/v1/projects/payments'
const traceOf = (digit: string): string => digit.repeat(32)
const caller = 'b7ad6b7169203331'
const said = (digit: string, flags = '01'): Record<string, string> => ({
  ...as('user:dev'),
  traceparent: `00-${traceOf(digit)}-${caller}-${flags}`,
  tracestate: 'vendor=1',
})
const serverKind = 2

let collector: OtlpReceiver
let platform: TestPlatform
const { at } = testCalls(() => platform)

/** All requests are made first: spans are sent at the latest when the processes end. */
beforeAll(async () => {
  collector = await otlpReceiver()
  platform = await testPlatform({ PLINTH_OTLP_URL: collector.url })
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
  expect((await at(`${project}?token=secret`, { headers: said('1') })).status).toBe(200)
  expect((await at(project, { headers: said('2', '00') })).status).toBe(200)
  expect((await at(project, { headers: { ...said('3'), traceparent: 'garbage' } })).status).toBe(200)
  expect((await at(project, { headers: { traceparent: `00-${traceOf('4')}-${caller}-01` } })).status).toBe(401)
  const ingest = { method: 'POST', headers: said('5'), body: '{}' }
  expect((await at('/otlp/v1/logs', ingest)).status).toBe(200)
  const session = {
    method: 'POST',
    headers: { ...said('6'), 'content-type': 'application/json', origin: 'http://localhost:8080' },
    body: JSON.stringify({ username: 'dev', password: 'right' }),
  }
  expect((await at('/auth/portal-session', session)).status).toBeLessThan(300)
  const alone = await platform.start({ PLINTH_UPSTREAM_PROVISIONING: 'http://127.0.0.1:1' })
  await until(async () => (await fetch(`${alone.url}/readyz`)).ok)
  expect((await fetch(`${alone.url}${project}`, { headers: said('7') })).status).toBe(503)
  await platform.close()
})
afterAll(() => collector.close())

const inTrace = (digit: string): ReceivedSpan[] => collector.spans.filter(({ traceId }) => traceId === traceOf(digit))
/** Without the questions that were asked over the broker meanwhile. */
const requestsIn = (digit: string): ReceivedSpan[] => inTrace(digit).filter((span) => 'http.route' in span.attributes)

it("makes a span of a request under the caller's, and the service's span under its own", () => {
  const [gateway] = requestsIn('1').filter(({ service }) => service === 'plinth-gateway')
  const [service] = requestsIn('1').filter(({ service: name }) => name === 'plinth-upstream')
  expect(requestsIn('1')).toHaveLength(2)
  expect(gateway).toMatchObject({ name: 'GET /api/v1/projects/:project', kind: serverKind, parentId: caller })
  expect(service).toMatchObject({ kind: serverKind, parentId: gateway?.spanId })
  expect(gateway?.attributes).toEqual({
    'http.request.method': 'GET',
    'http.route': '/api/v1/projects/:project',
    'url.path': project,
    'plinth.operation': 'getProject',
    'http.response.status_code': 200,
  })
  expect(platform.seen[0]?.headers['tracestate']).toBe('vendor=1')
})

it('records nothing of a trace that its caller does not record, and says so to the service', () => {
  expect(inTrace('2')).toEqual([])
  expect(platform.seen[1]?.headers['traceparent']).toMatch(new RegExp(`^00-${traceOf('2')}-[0-9a-f]{16}-00$`))
})

it('begins a trace where what the caller says is none, without the state of his', () => {
  const { traceparent, tracestate } = platform.seen[2]?.headers ?? {}
  const [, traceId] = String(traceparent).split('-')
  const own = collector.spans.filter((span) => span.traceId === traceId)
  expect(own.map(({ service }) => service).sort()).toEqual(['plinth-gateway', 'plinth-upstream'])
  expect(own.find(({ service }) => service === 'plinth-gateway')?.parentId).toBe('')
  expect(tracestate).toBeUndefined()
})

it('makes a span of what it refuses, which is no error of its own', () => {
  expect(requestsIn('4')).toHaveLength(1)
  expect(requestsIn('4')[0]?.attributes).toMatchObject({ 'http.response.status_code': 401 })
  expect(requestsIn('4')[0]?.attributes).not.toHaveProperty('error.type')
})

it('makes no span of health checks, nor of what takes spans in', () => {
  expect(inTrace('5')).toEqual([])
  expect(collector.spans.map(({ attributes }) => attributes['url.path'])).not.toContain('/readyz')
})

it('puts what it asks over the broker under the span of its request', () => {
  const [own] = inTrace('6').filter(({ name }) => name === 'POST /auth/portal-session')
  const asked = inTrace('6').filter(({ parentId }) => parentId === own?.spanId)
  expect(own).toMatchObject({ service: 'plinth-gateway', parentId: caller })
  expect(asked).toHaveLength(1)
})

it('says why a request failed that no service answered', () => {
  expect(requestsIn('7')).toHaveLength(1)
  expect(requestsIn('7')[0]?.attributes).toMatchObject({
    'http.response.status_code': 503,
    'error.type': 'platform.unavailable',
  })
})
